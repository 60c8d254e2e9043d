//! Whose the program is: a package's, or the administrator's own.

use std::path::Path;
use std::process::{Command, Stdio};

/// Package managers that can be asked, how, and what updates a package then.
const MANAGERS: [(&str, &[&str], &str); 2] = [
    (
        "dpkg-query",
        &["--search"],
        "sudo apt update && sudo apt install --only-upgrade printrail-agent",
    ),
    ("rpm", &["--query", "--file"], "sudo dnf upgrade printrail-agent"),
];

/// The command that updates this program, where a package brought it.
pub(super) fn packaged(program: &Path) -> Option<&'static str> {
    MANAGERS.into_iter().find_map(|(manager, question, command)| {
        let asked = Command::new(manager)
            .args(question)
            .arg(program)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        asked.is_ok_and(|status| status.success()).then_some(command)
    })
}
