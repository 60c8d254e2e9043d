//! The way to the relay, step by step: name, connection, certificate, and whether it lets this device in.

use std::net::IpAddr;

use super::Check;
use crate::config::RelayUrl;
use crate::link::{Broken, Dialled};

/// One line for each step; what comes after a broken one is not known.
pub(super) fn steps(url: &RelayUrl, tried: &Result<(), Broken>) -> Vec<Check> {
    let steps = [Dialled::Name, Dialled::Tcp, Dialled::Tls, Dialled::Relay];
    steps.into_iter().map(|step| judge(url, step, tried)).collect()
}

fn judge(url: &RelayUrl, step: Dialled, tried: &Result<(), Broken>) -> Check {
    let name = name(step);
    match tried {
        // Whatever is in the way, the relay is not reached.
        Err(broken) if broken.step == step || step == Dialled::Relay => {
            Check::fail(name, broken.problem.clone(), fix(url, broken))
        }
        Err(broken) if broken.step < step => Check::skip(name, "not known until the step before it works"),
        _ if step == Dialled::Name && url.host().parse::<IpAddr>().is_ok() => {
            Check::skip(name, format!("{} is an address and no name", url.host()))
        }
        _ if step == Dialled::Tls && !url.is_secure() => {
            Check::skip(name, "the link is not encrypted: its address begins with ws://")
        }
        Err(_) | Ok(()) => Check::pass(name, good(url, step)),
    }
}

fn name(step: Dialled) -> &'static str {
    match step {
        Dialled::Name => "dns",
        Dialled::Tcp => "tcp",
        Dialled::Tls => "tls",
        Dialled::Relay => "relay",
    }
}

fn good(url: &RelayUrl, step: Dialled) -> String {
    match step {
        Dialled::Name => format!("{} has an address", url.host()),
        Dialled::Tcp => format!("{} takes connections", url.authority()),
        Dialled::Tls => format!("{} has a certificate that this computer trusts", url.authority()),
        Dialled::Relay => format!("{url} takes this device"),
    }
}

fn fix(url: &RelayUrl, broken: &Broken) -> String {
    let (host, port) = (url.host(), url.port());
    match broken.step {
        Dialled::Name => format!("printrail-agent config show, and `ping {host}`"),
        Dialled::Tcp if cfg!(windows) => format!("Test-NetConnection {host} -Port {port}"),
        Dialled::Tcp => format!("nc -vz {host} {port}"),
        Dialled::Tls => {
            "printrail-agent doctor --check tls --ca-file AUTHORITY.pem, or have the relay's address exempted from inspection"
                .to_owned()
        }
        Dialled::Relay => relay_fix(&broken.problem).to_owned(),
    }
}

/// What helps against a problem, by what it says.
pub(super) fn relay_fix(problem: &str) -> &'static str {
    if problem.contains("pair") {
        "printrail-agent pair CODE"
    } else if problem.contains("certificate") || problem.contains("issued") {
        "printrail-agent doctor --check relay --ca-file AUTHORITY.pem, or have the relay's address exempted from inspection"
    } else if problem.contains("resolved") {
        "printrail-agent config show, and `ping` the name that it shows"
    } else {
        "printrail-agent config show, and open the address in a browser"
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn verdicts(url: &str, tried: &Result<(), Broken>) -> Vec<Verdict> {
        let url = RelayUrl::parse(url).unwrap();
        steps(&url, tried).iter().map(|check| check.verdict).collect()
    }

    #[test]
    fn the_step_that_fails_is_named_and_those_behind_it_are_not_known() {
        use Verdict::{Fail, Pass, Skip};
        let url = "wss://orders.bistro.example";
        let at = |step| {
            Err(Broken {
                step,
                problem: "no".to_owned(),
            })
        };
        assert_eq!(verdicts(url, &at(Dialled::Name)), [Fail, Skip, Skip, Fail]);
        assert_eq!(verdicts(url, &at(Dialled::Tls)), [Pass, Pass, Fail, Fail]);
        assert_eq!(verdicts(url, &at(Dialled::Relay)), [Pass, Pass, Pass, Fail]);
        assert_eq!(verdicts("ws://127.0.0.1:80", &Ok(())), [Skip, Pass, Skip, Pass]);
    }
}
