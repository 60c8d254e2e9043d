//! `printers scan`.

use std::io::{self, IsTerminal as _};

use serde_json::json;

use crate::cli::args::ScanArgs;
use crate::cli::{Exit, Failure, env, output};
use crate::config::{Flags, load};
use crate::daemon::report::SCHEMA;
use crate::discovery::{self, Found, Wanted};
use crate::port::Address;

pub(super) fn scan(flags: &Flags, args: &ScanArgs, json: bool) -> Result<Exit, Failure> {
    let wanted = Wanted {
        mdns: args.mdns,
        snmp: args.snmp,
        subnet: args.subnet,
    };
    if args.snmp && !args.mdns && args.subnet.is_none() {
        let text = "--snmp asks the printers that --mdns or --subnet find: give one of them too";
        return Err(Failure::new(Exit::Usage, text));
    }
    say_what_takes_long(&wanted);
    let scan = discovery::scan(&wanted);
    // Without a configuration nothing is ours yet.
    let printers = load(flags, &env)
        .map(|loaded| loaded.config.printers)
        .unwrap_or_default();
    let ours = |found: &Found| {
        let address = found.address.parse::<Address>().ok()?;
        let same = printers.iter().find(|printer| printer.address == address)?;
        Some(same.name.clone())
    };
    if json {
        let rows: Vec<_> = scan
            .found
            .iter()
            .map(|found| json!({ "found": found, "name": ours(found) }))
            .collect();
        let rows: Vec<_> = rows.into_iter().map(flat).collect();
        output::json(&json!({ "schema": SCHEMA, "found": rows, "problems": scan.problems }));
        return Ok(Exit::Ok);
    }
    for problem in &scan.problems {
        output::message(&format!("note: {problem}"));
    }
    if scan.found.is_empty() {
        output::message(nothing(&wanted));
        return Ok(Exit::Ok);
    }
    let header = ["ADDRESS", "MAKER AND MODEL", "SERIAL", "FOUND BY", "NAME", "NOTE"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(scan.found.iter().map(|found| row(found, ours(found))));
    output::table(&rows);
    if let Some(new) = scan.found.iter().find(|found| ours(found).is_none()) {
        let next = format!(
            "next: `printrail-agent printers add NAME {} --station STATION`",
            quoted(&new.address)
        );
        output::message(&next);
    }
    Ok(Exit::Ok)
}

/// The name beside the other fields.
fn flat(mut row: serde_json::Value) -> serde_json::Value {
    let name = row.get("name").cloned().unwrap_or_default();
    let mut found = row
        .get_mut("found")
        .map(serde_json::Value::take)
        .unwrap_or_default();
    if let Some(fields) = found.as_object_mut() {
        fields.insert("name".to_owned(), name);
    }
    found
}

fn row(found: &Found, name: Option<String>) -> Vec<String> {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let what = [&found.maker, &found.model]
        .into_iter()
        .flatten()
        .cloned()
        .collect::<Vec<_>>()
        .join(" ");
    vec![
        found.address.clone(),
        or_dash(Some(what).filter(|what| !what.is_empty())),
        or_dash(found.serial.clone()),
        found.how.clone(),
        or_dash(name),
        found.note.clone().unwrap_or_default(),
    ]
}

fn nothing(wanted: &Wanted) -> &'static str {
    if wanted.mdns || wanted.subnet.is_some() {
        "no printer was found: is it switched on and on this network? Its self-test (feed button while switching on) prints its address"
    } else {
        "no printer was found on this computer; `--mdns` and `--subnet 192.168.1.0/24` look on the network"
    }
}

/// Some of it takes seconds, and a person should know.
fn say_what_takes_long(wanted: &Wanted) {
    if !io::stderr().is_terminal() {
        return;
    }
    if wanted.mdns {
        output::message("listening to the network for 3 s …");
    }
    if let Some(subnet) = &wanted.subnet {
        output::message(&format!(
            "trying port 9100 of the {} addresses in {subnet} …",
            subnet.hosts().len()
        ));
    }
}

/// For a shell: `?` and `&` of a serial address mean something to it.
fn quoted(address: &str) -> String {
    if address
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b":/._-".contains(&byte))
    {
        return address.to_owned();
    }
    format!("'{}'", address.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x10_an_address_that_a_shell_would_obey_is_quoted() {
        assert_eq!(quoted("tcp://10.0.0.1:9100"), "tcp://10.0.0.1:9100");
        assert_eq!(quoted("cups:a;reboot"), "'cups:a;reboot'");
        assert_eq!(quoted("cups:a'b"), "'cups:a'\\''b'");
    }
}
