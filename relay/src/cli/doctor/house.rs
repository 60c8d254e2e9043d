//! What the relay says of its outlets: is it there, are the agents there, does paper come out.

use serde_json::Value;

use super::Check;
use crate::cli::ask::{self, Backend};
use crate::config::Config;

/// The checks, in the order in which they are told.
pub(super) async fn look(config: Config) -> Vec<Check> {
    let Some(address) = ask::running(&config).await else {
        return vec![Check::fail(
            "relay",
            "it does not run on this data folder",
            "systemctl start printrail-relay, or: printrail-relay serve",
        )];
    };
    let mut checks = vec![Check::ok("relay", format!("it answers on http://{address}"))];
    match outlets(config).await {
        Ok(found) => checks.extend(found),
        Err(failure) => checks.push(Check::fail(
            "relay",
            failure.to_string(),
            "journalctl -u printrail-relay",
        )),
    }
    checks
}

async fn outlets(config: Config) -> Result<Vec<Check>, crate::cli::Failure> {
    let relay = Backend::reach(config).await?;
    let mut checks = Vec::new();
    let outlets = relay.get("any", "/api/outlets").await?;
    if items(&outlets).is_empty() {
        checks.push(Check::fail(
            "outlets",
            "there is none",
            "printrail-relay outlets add ID --name NAME --timezone TZ",
        ));
    }
    for outlet in items(&outlets) {
        let id = text(outlet, "id");
        let devices = relay.get(id, "/api/devices").await?;
        let stations = relay.get(id, "/api/stations").await?;
        let doubt = relay.get(id, "/api/jobs?state=unconfirmed").await?;
        checks.push(agents(id, items(&devices)));
        checks.extend(items(&devices).iter().flat_map(|device| printers(id, device)));
        checks.extend(items(&stations).iter().filter_map(|station| waiting(id, station)));
        if !items(&doubt).is_empty() {
            checks.push(Check::warn(
                "doubt",
                format!("{id}: {} tickets may or may not have printed", items(&doubt).len()),
                format!("printrail-relay jobs list --outlet {id} --state unconfirmed, then: jobs resolve ID --printed or --again"),
            ));
        }
    }
    relay.leave().await;
    Ok(checks)
}

fn agents(outlet: &str, devices: &[Value]) -> Check {
    let paired: Vec<_> = devices
        .iter()
        .filter(|device| !truth(device, "revoked"))
        .collect();
    let away: Vec<_> = paired
        .iter()
        .filter(|device| !truth(device, "online"))
        .map(|device| text(device, "name"))
        .collect();
    match (paired.len(), away.as_slice()) {
        (0, _) => Check::warn(
            "agents",
            format!("{outlet}: no computer prints"),
            format!("printrail-relay enrol --outlet {outlet} --station kitchen"),
        ),
        (_, []) => Check::ok("agents", format!("{outlet}: all {} connected", paired.len())),
        (_, away) => Check::fail(
            "agents",
            format!("{outlet}: not connected: {}", away.join(", ")),
            "on that computer: printrail-agent doctor",
        ),
    }
}

fn printers<'a>(outlet: &'a str, device: &'a Value) -> impl Iterator<Item = Check> + 'a {
    let own = device.get("printers").and_then(Value::as_array);
    own.into_iter()
        .flatten()
        .filter(|_| truth(device, "online"))
        .map(move |printer| {
            let (name, state) = (text(printer, "name"), text(printer, "state"));
            let proof = printer
                .get("proof")
                .and_then(Value::as_str)
                .unwrap_or("not yet known");
            let said = format!(
                "{outlet}: {name} at {}: {state}, proof {proof}",
                text(device, "name")
            );
            match state {
                "ready" | "unknown" => Check::ok("printer", said),
                _ => Check::fail(
                    "printer",
                    said,
                    "look at the printer: paper, cover, power, cable; then: printrail-agent doctor",
                ),
            }
        })
}

fn waiting(outlet: &str, station: &Value) -> Option<Check> {
    let name = text(station, "name");
    let waits = station.get("waiting").and_then(Value::as_u64).unwrap_or(0);
    let nobody = station.get("device").is_none_or(Value::is_null);
    (waits > 0 && nobody).then(|| {
        Check::fail(
            "station",
            format!("{outlet}: {waits} tickets wait for {name}, and no computer prints for it"),
            format!("printrail-relay enrol --outlet {outlet} --station {name}"),
        )
    })
}

fn items(list: &Value) -> &[Value] {
    list.get("items")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn truth(object: &Value, field: &str) -> bool {
    object.get(field).and_then(Value::as_bool).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_computer_that_is_away_fails_and_a_revoked_one_is_nobodys_concern() {
        let devices = [
            json!({"name": "KITCHEN-PC", "online": true, "revoked": false}),
            json!({"name": "OLD-PC", "online": false, "revoked": true}),
        ];
        assert_eq!(agents("bistro", &devices).verdict, Verdict::Ok);
        let devices = [json!({"name": "BAR-PC", "online": false, "revoked": false})];
        let check = agents("bistro", &devices);
        assert!(
            check.verdict == Verdict::Fail && check.text.contains("BAR-PC"),
            "{check:?}"
        );
        assert_eq!(agents("bistro", &[]).verdict, Verdict::Warn);
    }

    #[test]
    fn a_printer_without_paper_fails_with_what_to_do() {
        let device = json!({"name": "PC", "online": true, "printers": [
            {"name": "grill", "state": "paper_out", "proof": "A"}, {"name": "bar", "state": "ready"}]});
        let verdicts: Vec<_> = printers("bistro", &device).map(|check| check.verdict).collect();
        assert_eq!(verdicts, [Verdict::Fail, Verdict::Ok]);
    }

    #[test]
    fn tickets_for_which_nobody_prints_are_named() {
        let station = json!({"name": "bar", "waiting": 3, "device": null});
        assert!(
            waiting("bistro", &station).is_some_and(|check| check.text.contains("3 tickets wait for bar"))
        );
        assert!(waiting("bistro", &json!({"name": "bar", "waiting": 3, "device": "d"})).is_none());
    }
}
