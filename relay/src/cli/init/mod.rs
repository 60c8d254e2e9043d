//! `init`: settings, keys, store, first outlet, the first manager's code; then what to do next.

mod settings;

use std::path::Path;

use serde_json::{Value, json};

use super::args::InitArgs;
use super::ask::Backend;
use super::{Failure, owner, show};
use crate::accept::tls::Tls;
use crate::config::{Config, Flags};
use crate::http::check_outlet;
use settings::Way;

/// Where the package puts the relay's unit (`file-hierarchy(7)`).
const UNIT: &str = "/usr/lib/systemd/system/printrail-relay.service";

/// The first outlet's id where nobody says another.
const OUTLET: &str = "demo";

/// Writes relay.toml where a flag says something about it. Who may write there need not be who owns the data.
pub(super) fn write_settings(flags: &Flags, args: &InitArgs) -> Result<(), Failure> {
    if let Some(path) = settings::write(flags, &args.reach)?
        && let (Some(data), Some(folder)) = (&flags.data, path.parent())
        && folder == data
    {
        owner::hand_over(data);
    }
    Ok(())
}

/// Makes what is missing and leaves what is there.
pub(super) async fn run(flags: &Flags, args: &InitArgs) -> Result<(), Failure> {
    let config = Config::load(flags)?;
    let named = args.outlet.as_deref();
    check_outlet(
        named.unwrap_or(OUTLET),
        args.name.as_deref(),
        args.timezone.as_deref(),
    )
    .map_err(|problem| Failure::refused(problem.code.as_str(), &problem.message))?;
    // A certificate that cannot be read is said now, and not by a service that does not start.
    if config.tls.own().is_some() {
        Tls::open(&config.tls, &config.data).map_err(crate::StartError::from)?;
    }
    let wrote = settings::write(flags, &args.reach)?;
    let relay = Backend::reach(config.clone()).await?;
    let outlet = match named {
        Some(named) => named.to_owned(),
        None => first_outlet(&relay).await?,
    };
    let body = json!({"id": outlet, "name": args.name, "timezone": args.timezone});
    let added = relay.post(&outlet, "/api/outlets", &body).await;
    let code = match &added {
        Err(failure) if !failure.message.contains("already") => None,
        _ => Some(first_code(&relay, &outlet).await),
    };
    let is_running = relay.is_running();
    relay.leave().await;
    let data = config.data.display();
    if let Some(path) = &wrote {
        show::say(&format!("✓ config written: {}", path.display()));
    }
    match added {
        Ok(_) => show::say(&format!("✓ made keys, store and outlet {outlet} in {data}")),
        Err(failure) if code.is_none() => return Err(failure),
        Err(_) => show::say(&format!(
            "✓ {data} has an outlet {outlet} already; nothing was changed there"
        )),
    }
    if let Some(way) = settings::way(&args.reach)? {
        show::say(&certificate(&way));
    }
    if let Some(code) = code {
        show::say(&format!(
            "Open {}/   one-time code: {} (15 min)",
            address(&config),
            code?
        ));
    }
    if is_running && wrote.is_some() {
        show::say("The relay runs with its old settings until it is started again.");
    }
    show::say(&next(flags, &config, &outlet, Path::new(UNIT).exists()));
    Ok(())
}

/// The outlet that is meant where none is named: the one that is there.
async fn first_outlet(relay: &Backend) -> Result<String, Failure> {
    let listed = relay.get(OUTLET, "/api/outlets").await?;
    let first = listed.pointer("/items/0/id").and_then(Value::as_str);
    Ok(first.unwrap_or(OUTLET).to_owned())
}

/// A code with which the first manager signs in.
async fn first_code(relay: &Backend, outlet: &str) -> Result<String, Failure> {
    let body = json!({"role": "manager", "name": "first manager"});
    let made = relay.post(outlet, "/api/screen-codes", &body).await?;
    Ok(show::cell(&made, "code"))
}

fn certificate(way: &Way) -> String {
    match way {
        Way::Acme { domain, .. } => format!(
            "✓ certificate for {domain}: asked for at the start; {domain} must lead here, on port 443"
        ),
        Way::Own { cert, .. } => format!(
            "✓ certificate {} can be used, and is read again when it is renewed",
            cert.display()
        ),
        Way::Proxy { proxies, .. } => format!("✓ X-Forwarded-For is believed from {}", proxies.join(", ")),
    }
}

/// How people reach the relay.
fn address(config: &Config) -> String {
    let scheme = if config.tls.is_on() { "https" } else { "http" };
    config
        .public_url
        .clone()
        .unwrap_or_else(|| format!("{scheme}://{}", config.listen))
}

fn next(flags: &Flags, config: &Config, outlet: &str, is_packaged: bool) -> String {
    let data = flags
        .data
        .as_ref()
        .map(|data| format!(" --data {}", data.display()));
    let here = data.unwrap_or_default();
    let address = address(config);
    let start = match is_packaged && flags.data.is_none() {
        true => "sudo systemctl enable --now printrail-relay".to_owned(),
        false => format!("printrail-relay serve{here}"),
    };
    let lines = [
        (start, format!("start the relay on {address}")),
        (
            format!("printrail-relay enrol{here} --outlet {outlet} --station kitchen"),
            "a pairing code for the kitchen's computer".to_owned(),
        ),
        (
            format!(
                "printrail-agent service install --relay {} CODE",
                address.replacen("http", "ws", 1)
            ),
            "there, with that code".to_owned(),
        ),
        (
            format!("printrail-relay token create{here} --outlet {outlet} --role pos"),
            "a token for a till".to_owned(),
        ),
    ];
    let width = lines
        .iter()
        .map(|(command, _)| command.len())
        .max()
        .unwrap_or_default();
    let lines = lines.map(|(command, what)| format!("  {command:width$}   {what}"));
    format!("Next:\n{}", lines.join("\n"))
}
