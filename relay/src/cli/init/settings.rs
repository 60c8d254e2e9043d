//! The part of `init` that writes relay.toml: who ends TLS, under which name, and where it listens.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, Item, Table, value};

use super::super::args::ReachArgs;
use super::super::{Exit, Failure};
use crate::config::{Config, ConfigError, DEFAULT_LISTEN, Flags, file_to_write, is_domain};

/// Where the world comes in once the relay speaks TLS itself.
const PUBLIC_LISTEN: &str = "0.0.0.0:443";

/// The proxy of this machine, whichever way it calls.
const THIS_MACHINE: [&str; 2] = ["127.0.0.1", "::1"];

/// Keys of `[tls]` that name one of the ways; choosing another removes them.
const WAYS: [&str; 4] = ["cert_file", "key_file", "acme_domains", "acme_email"];

/// Who ends TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// An authority brings the certificate.
    Acme { domain: String, email: String },
    /// The files are there already.
    Own {
        domain: Option<String>,
        cert: PathBuf,
        key: PathBuf,
    },
    /// A proxy in front.
    Proxy {
        domain: Option<String>,
        proxies: Vec<String>,
    },
}

/// Writes what the flags say into relay.toml; none where they say nothing. Done again it changes nothing.
///
/// # Errors
/// A flag that cannot be used (2), a setting (8), a file that may not be written (4).
pub(super) fn write(flags: &Flags, args: &ReachArgs) -> Result<Option<PathBuf>, Failure> {
    let way = way(args)?;
    if way.is_none() && args.listen.is_none() {
        return Ok(None);
    }
    let path = file_to_write(flags);
    let before = read(&path)?;
    let after = edited(&path, &before, way.as_ref(), args.listen.as_deref())?;
    Config::check_text(&path, &after)?;
    if before != after {
        replace(&path, &after).map_err(|error| cannot_write(&path, &error))?;
    }
    Ok(Some(path))
}

/// What the flags choose, checked.
pub(super) fn way(args: &ReachArgs) -> Result<Option<Way>, Failure> {
    let usage = |message: String| Err(Failure::new(Exit::Usage, message));
    if let Some(domain) = args.domain.as_deref().filter(|domain| !is_domain(domain)) {
        return usage(format!(
            "--domain is `{domain}`; give a domain without scheme, port and path, such as orders.bistro.example"
        ));
    }
    if let Some(email) = args.acme_email.as_deref().filter(|email| !is_email(email)) {
        return usage(format!(
            "--acme-email is `{email}`; give an address such as manager@bistro.example"
        ));
    }
    let domain = args.domain.clone();
    Ok(
        match (&args.acme_email, &args.cert, &args.key, args.behind_proxy) {
            (_, Some(cert), Some(key), _) => Some(Way::Own {
                domain,
                cert: absolute("--cert", cert)?,
                key: absolute("--key", key)?,
            }),
            (_, _, _, true) => Some(Way::Proxy {
                domain,
                proxies: match args.proxy.as_slice() {
                    [] => THIS_MACHINE.map(str::to_owned).to_vec(),
                    named => named.iter().map(ToString::to_string).collect(),
                },
            }),
            (Some(email), ..) => domain.map(|domain| Way::Acme {
                domain,
                email: email.clone(),
            }),
            _ if domain.is_some() => {
                return usage(
                "--domain needs to know who speaks TLS: --acme-email E for a certificate from Let's Encrypt, \
                 --cert FILE --key FILE for your own, or --behind-proxy"
                    .to_owned(),
            );
            }
            _ => None,
        },
    )
}

fn is_email(text: &str) -> bool {
    let whole = |part: &str| !part.is_empty() && !part.contains([' ', '@', '<', '>', ':']);
    text.split_once('@')
        .is_some_and(|(who, at)| whole(who) && whole(at) && at.contains('.'))
}

/// The service starts in another folder than the person who types.
fn absolute(flag: &str, path: &Path) -> Result<PathBuf, Failure> {
    fs::canonicalize(path).map_err(|error| {
        let path = path.display();
        Failure::new(
            Exit::BadConfiguration,
            format!("{flag} {path} cannot be read: {error}; check the path and who may read it"),
        )
    })
}

fn read(path: &Path) -> Result<String, Failure> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ConfigError::Unreadable {
            path: path.to_owned(),
            source: error,
        }
        .into()),
        read => Ok(read.unwrap_or_default()),
    }
}

/// The file's text with what was chosen; comments and everything else stay.
fn edited(path: &Path, before: &str, way: Option<&Way>, listen: Option<&str>) -> Result<String, Failure> {
    let mut toml: DocumentMut =
        before
            .parse()
            .map_err(|error: toml_edit::TomlError| ConfigError::Syntax {
                path: path.to_owned(),
                message: error.to_string(),
            })?;
    let ends_tls = matches!(way, Some(Way::Acme { .. } | Way::Own { .. }));
    let is_default = toml
        .get("listen")
        .and_then(Item::as_str)
        .is_none_or(|at| at == DEFAULT_LISTEN);
    match listen {
        Some(at) => set(&mut toml, "listen", at),
        None if ends_tls && is_default => set(&mut toml, "listen", PUBLIC_LISTEN),
        None => {}
    }
    if let Some(way) = way {
        let port = toml.get("listen").and_then(Item::as_str).and_then(port);
        if let Some(url) = public_url(way, port) {
            set(&mut toml, "public_url", &url);
        }
        if let Way::Proxy { proxies, .. } = way {
            put(
                toml.as_table_mut(),
                "trusted_proxies",
                value(proxies.iter().collect::<Array>()),
            );
        }
        choose(&mut toml, way);
    }
    Ok(toml.to_string())
}

fn choose(toml: &mut DocumentMut, way: &Way) {
    if !toml.contains_table("tls") {
        if matches!(way, Way::Proxy { .. }) {
            return;
        }
        toml.insert("tls", Item::Table(Table::new()));
    }
    let Some(tls) = toml.get_mut("tls").and_then(Item::as_table_mut) else {
        return;
    };
    for key in WAYS {
        tls.remove(key);
    }
    match way {
        Way::Acme { domain, email } => {
            put(
                tls,
                "acme_domains",
                value([domain.as_str()].into_iter().collect::<Array>()),
            );
            put(tls, "acme_email", value(email));
        }
        Way::Own { cert, key, .. } => {
            put(tls, "cert_file", value(cert.display().to_string()));
            put(tls, "key_file", value(key.display().to_string()));
        }
        Way::Proxy { .. } => {}
    }
}

fn set(toml: &mut DocumentMut, key: &str, text: &str) {
    put(toml.as_table_mut(), key, value(text));
}

/// In the place of what was there, with the comment behind it.
fn put(table: &mut Table, key: &str, mut item: Item) {
    if let (Some(old), Some(new)) = (table.get(key).and_then(Item::as_value), item.as_value_mut()) {
        *new.decor_mut() = old.decor().clone();
    }
    table.insert(key, item);
}

/// How the world calls the relay. ACME's domain is on port 443, whatever leads from there to here.
fn public_url(way: &Way, port: Option<u16>) -> Option<String> {
    match way {
        Way::Acme { domain, .. } => Some(format!("https://{domain}")),
        Way::Own { domain, .. } => domain.as_ref().map(|domain| match port {
            None | Some(443) => format!("https://{domain}"),
            Some(port) => format!("https://{domain}:{port}"),
        }),
        Way::Proxy { domain, .. } => domain.as_ref().map(|domain| format!("https://{domain}")),
    }
}

fn port(listen: &str) -> Option<u16> {
    listen.parse::<SocketAddr>().ok().map(|address| address.port())
}

/// Written beside it and then moved over it: a power cut leaves the old file or the new one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let draft = path.with_extension("toml.new");
    fs::write(&draft, text)?;
    if let Ok(old) = fs::metadata(path) {
        fs::set_permissions(&draft, old.permissions())?;
    }
    fs::File::open(&draft)?.sync_all()?;
    fs::rename(&draft, path)
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    let exit = match error.kind() {
        io::ErrorKind::PermissionDenied => Exit::NeedsAdministrator,
        _ => Exit::Failed,
    };
    let path = path.display();
    Failure::new(
        exit,
        format!("{path} cannot be written: {error}; run this with sudo"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> PathBuf {
        PathBuf::from("relay.toml")
    }

    fn acme() -> Way {
        Way::Acme {
            domain: "orders.bistro.example".to_owned(),
            email: "me@bistro.example".to_owned(),
        }
    }

    #[test]
    fn the_packaged_file_keeps_its_comments_and_every_way_gives_settings_that_can_be_used() {
        let packaged = include_str!("../../../../packaging/relay.toml");
        let own = Way::Own {
            domain: Some("orders.bistro.example".to_owned()),
            cert: "/c.pem".into(),
            key: "/k.pem".into(),
        };
        let proxy = Way::Proxy {
            domain: Some("orders.bistro.example".to_owned()),
            proxies: vec!["10.0.0.7".to_owned()],
        };
        for way in [acme(), own, proxy] {
            let text = edited(&path(), packaged, Some(&way), None).unwrap();
            assert!(
                text.contains("# A POS vendor whose tokens are taken too"),
                "{text}"
            );
            let config = Config::check_text(&path(), &text).unwrap();
            assert_eq!(
                config.public_url.as_deref(),
                Some("https://orders.bistro.example")
            );
            let wanted = if matches!(way, Way::Proxy { .. }) {
                DEFAULT_LISTEN
            } else {
                PUBLIC_LISTEN
            };
            assert_eq!(config.listen.to_string(), wanted);
            assert_eq!(
                text,
                edited(&path(), &text, Some(&way), None).unwrap(),
                "done again"
            );
        }
    }

    #[test]
    fn choosing_another_way_takes_the_first_one_out_and_leaves_the_rest() {
        let before = "listen = \"0.0.0.0:8443\" # the router leads here\n[tls]\ncert_file = \"a\"\nkey_file = \"b\"\n\
                      acme_ca_file = \"ca.pem\"\n[limits]\nframe_burst = 7\n";
        let after = edited(&path(), before, Some(&acme()), None).unwrap();
        for kept in [
            "0.0.0.0:8443\" # the router leads here",
            "ca.pem",
            "frame_burst = 7",
            "acme_email",
        ] {
            assert!(after.contains(kept), "{kept}: {after}");
        }
        assert!(!after.contains("cert_file"), "{after}");
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_the_flags_name() {
        let named = |args: ReachArgs| way(&args).unwrap_err().message;
        let domain = |text: &str| Some(text.to_owned());
        for wrong in ["https://a.example", "a.example:443", "10.0.0.1", "a..example", ""] {
            let said = named(ReachArgs {
                domain: domain(wrong),
                behind_proxy: true,
                ..ReachArgs::default()
            });
            assert!(said.starts_with("--domain is"), "{said}");
        }
        let email = |text: &str| ReachArgs {
            domain: domain("a.example"),
            acme_email: Some(text.to_owned()),
            ..ReachArgs::default()
        };
        for wrong in ["me", "@a.example", "me@", "a b@c.example", "me@localhost"] {
            assert!(named(email(wrong)).starts_with("--acme-email is"), "{wrong}");
        }
        assert!(way(&email("me@a.example")).is_ok());
        let alone = named(ReachArgs {
            domain: domain("a.example"),
            ..ReachArgs::default()
        });
        assert!(
            alone.contains("--acme-email") && alone.contains("--behind-proxy"),
            "{alone}"
        );
        let lost = named(ReachArgs {
            cert: Some("/nowhere/c.pem".into()),
            key: Some("/nowhere/k.pem".into()),
            ..ReachArgs::default()
        });
        assert!(lost.contains("--cert /nowhere/c.pem"), "{lost}");
    }
}
