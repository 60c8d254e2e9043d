//! What may be typed to begin: the first outlet, and how the world reaches the relay.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  printrail-relay init --outlet bistro --name \"Bistro\" --timezone Asia/Jakarta
  printrail-relay init --domain orders.bistro.example --acme-email me@bistro.example
  printrail-relay init --domain orders.bistro.example --cert /etc/printrail/relay.crt --key /etc/printrail/relay.key
  printrail-relay init --domain orders.bistro.example --behind-proxy

Doing it again changes what the flags name and leaves the rest of relay.toml, the store and the keys as they are.")]
pub(in crate::cli) struct InitArgs {
    /// The first outlet's id, as tokens and paths name it; `demo` where there is none yet.
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) outlet: Option<String>,
    /// The outlet's name, as people say it.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
    /// The outlet's time zone, an IANA name.
    #[arg(long, value_name = "TZ")]
    pub(in crate::cli) timezone: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) reach: ReachArgs,
}

/// How browsers and agents reach the relay; kept in relay.toml.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "How it is reached")]
pub(in crate::cli) struct ReachArgs {
    /// The relay's domain; needs one of the three below.
    #[arg(long, value_name = "D")]
    pub(in crate::cli) domain: Option<String>,
    /// Ask an authority (Let's Encrypt) for the certificate; it writes there when something is wrong.
    #[arg(long, value_name = "E", requires = "domain", conflicts_with_all = ["cert", "behind_proxy"])]
    pub(in crate::cli) acme_email: Option<String>,
    /// A certificate of your own, in PEM with its chain.
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with = "behind_proxy")]
    pub(in crate::cli) cert: Option<PathBuf>,
    /// Its private key, in PEM.
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(in crate::cli) key: Option<PathBuf>,
    /// A proxy on this machine speaks TLS and passes everything on.
    #[arg(long)]
    pub(in crate::cli) behind_proxy: bool,
    /// The proxy's address where it is another machine; several times for several.
    #[arg(long, value_name = "ADDR", requires = "behind_proxy")]
    pub(in crate::cli) proxy: Vec<IpAddr>,
    /// Where to listen [default: 0.0.0.0:443 with a certificate, else 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR:PORT")]
    pub(in crate::cli) listen: Option<String>,
}
