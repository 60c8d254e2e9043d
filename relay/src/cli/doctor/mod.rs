//! `doctor`: everything that has to be right, each with a verdict, one sentence and the command that mends it.

mod house;
mod machine;

use serde_json::json;

use super::args::DoctorArgs;
use super::{Exit, Failure, show};
use crate::config::{Config, Flags};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Ok,
    Warn,
    Fail,
    /// It cannot be looked at here.
    Skip,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Skip => "skip",
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    name: &'static str,
    verdict: Verdict,
    text: String,
    fix: Option<String>,
}

impl Check {
    fn ok(name: &'static str, text: impl Into<String>) -> Self {
        Self::new(name, Verdict::Ok, text, None)
    }

    fn skip(name: &'static str, text: impl Into<String>) -> Self {
        Self::new(name, Verdict::Skip, text, None)
    }

    fn warn(name: &'static str, text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(name, Verdict::Warn, text, Some(fix.into()))
    }

    fn fail(name: &'static str, text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(name, Verdict::Fail, text, Some(fix.into()))
    }

    fn new(name: &'static str, verdict: Verdict, text: impl Into<String>, fix: Option<String>) -> Self {
        Self {
            name,
            verdict,
            text: text.into(),
            fix,
        }
    }
}

/// Looks at everything; fails where a check fails.
pub(super) async fn run(flags: &Flags, args: &DoctorArgs) -> Result<(), Failure> {
    let config = Config::load(flags)?;
    let mut checks = vec![Check::ok(
        "configuration",
        crate::config::file(flags).map_or("no file, the defaults are used".to_owned(), |path| {
            format!("{} can be used", path.display())
        }),
    )];
    checks.extend(machine::look(&config));
    checks.extend(house::look(config).await);
    tell(&checks, args.json)?;
    let count = |verdict| checks.iter().filter(|check| check.verdict == verdict).count();
    let (failed, warned) = (count(Verdict::Fail), count(Verdict::Warn));
    if failed > 0 || (args.strict && warned > 0) {
        return Err(Failure::new(
            Exit::Failed,
            format!("{failed} checks failed, {warned} warned"),
        ));
    }
    Ok(())
}

fn tell(checks: &[Check], as_json: bool) -> Result<(), Failure> {
    if as_json {
        let checks: Vec<_> = checks
            .iter()
            .map(|check| json!({"name": check.name, "verdict": check.verdict.word(), "text": check.text, "fix": check.fix}))
            .collect();
        return show::object(json!({ "checks": checks }));
    }
    for check in checks {
        show::line(&format!(
            "{:4}  {:13}  {}",
            check.verdict.word(),
            check.name,
            check.text
        ))?;
        if let Some(fix) = &check.fix {
            show::line(&format!("{:21}→ {fix}", ""))?;
        }
    }
    Ok(())
}
