//! `init`: keys, store, first outlet; then what to do next.

use serde_json::json;

use super::args::InitArgs;
use super::ask::Backend;
use super::{Failure, show};
use crate::config::{Config, Flags};
use crate::http::check_outlet;

/// Makes what is missing and leaves what is there.
pub(super) async fn run(flags: &Flags, args: &InitArgs) -> Result<(), Failure> {
    let config = Config::load(flags)?;
    check_outlet(&args.outlet, args.name.as_deref(), args.timezone.as_deref())
        .map_err(|problem| Failure::refused(problem.code.as_str(), &problem.message))?;
    let data = config.data.display().to_string();
    let listen = config.listen;
    let relay = Backend::reach(config).await?;
    let body = json!({"id": args.outlet, "name": args.name, "timezone": args.timezone});
    let added = relay.post(&args.outlet, "/api/outlets", &body).await;
    relay.leave().await;
    match added {
        Ok(_) => show::say(&format!("made keys, store and outlet {} in {data}", args.outlet)),
        Err(failure) if failure.message.contains("already") => {
            show::say(&format!(
                "{data} has an outlet {} already; nothing was changed",
                args.outlet
            ));
        }
        Err(failure) => return Err(failure),
    }
    let outlet = &args.outlet;
    let here = match &flags.data {
        Some(data) => format!(" --data {}", data.display()),
        None => String::new(),
    };
    show::say(&format!(
        "Next:
  printrail-relay serve{here}                                       start the relay on http://{listen}
  printrail-relay enrol{here} --outlet {outlet} --station kitchen      a pairing code for the kitchen's computer
  printrail-agent pair --relay http://{listen} CODE                 there, with that code
  printrail-relay token create{here} --outlet {outlet} --role pos      a token for a till"
    ));
    Ok(())
}
