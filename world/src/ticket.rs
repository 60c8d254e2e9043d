//! A ticket as this world prints it.

use agent::spool::SpoolJob;
use protocol::Banner;

/// Its bytes: what is special about it, which it is, what is on it, and its end.
pub(crate) fn ticket(job: &SpoolJob, banners: &[Banner]) -> Vec<u8> {
    let mut bytes = b"\x1B@".to_vec();
    let header = &job.job;
    // The relay's are in the ticket's data, from where the real templates take them; then the press's own.
    for banner in header.banners.iter().chain(banners) {
        let mark = match banner {
            Banner::Late { minutes } => format!("late {minutes}"),
            Banner::PossibleDuplicate { .. } => "duplicate".to_owned(),
            Banner::Reprint => "reprint".to_owned(),
            Banner::Backup { station } => format!("backup {station}"),
            Banner::Unrouted => "unrouted".to_owned(),
        };
        bytes.extend(format!("MARK {mark}.\n").bytes());
    }
    let id = &header.id;
    bytes.extend(
        format!(
            "JOB {id}.\n{} {} {}\n",
            header.station,
            header.number,
            header.kind.as_str()
        )
        .bytes(),
    );
    let data: serde_json::Value = serde_json::from_str(&job.data).unwrap_or_default();
    for item in data["order_items"].as_array().into_iter().flatten() {
        bytes.extend(
            format!(
                "{} x {}\n",
                item["quantity"],
                item["name"].as_str().unwrap_or("?")
            )
            .bytes(),
        );
    }
    bytes.extend(format!("END {id}.\n").bytes());
    bytes.extend([0x1D, b'V', 66, 0]);
    bytes.repeat(usize::try_from(header.copies).unwrap_or(1))
}
