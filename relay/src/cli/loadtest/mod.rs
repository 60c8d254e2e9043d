//! `loadtest`: an evening's orders from tills to virtual printers, with faults if asked, and an audit of the
//! paper afterwards.
//!
//! Relay, agents and printers are processes of their own. On another relay (`--relay`) the agents are paired
//! with an outlet that is there for tests, and the relay itself is left alone.

mod attack;
mod audit;
mod cable;
mod call;
mod evening;
mod faults;
mod figures;
mod papers;
mod people;
mod program;
mod report;
mod scene;
mod tills;

use std::sync::Arc;

use super::args::LoadtestArgs;
use super::{Exit, Failure, show};
use report::Report;
use scene::Scene;

/// Runs the test; fails where a promise was broken.
pub(super) async fn run(args: &LoadtestArgs) -> Result<(), Failure> {
    let failed = |error: anyhow::Error| Failure::new(Exit::Failed, format!("{error:#}"));
    let scene = Arc::new(Scene::open(args).await.map_err(failed)?);
    let report = evening::run(args, &scene).await;
    scene.close().await;
    let report = report.map_err(failed)?;
    tell(args, &report)?;
    if report.is_kept() {
        scene.forget();
        return Ok(());
    }
    let logs = scene.folder().display();
    Err(Failure::new(
        Exit::Failed,
        format!("a promise was broken; logs and stores are in {logs}"),
    ))
}

fn tell(args: &LoadtestArgs, report: &Report) -> Result<(), Failure> {
    if args.json {
        show::object(serde_json::to_value(report).unwrap_or_default())
    } else {
        show::line(&report.to_string())
    }
}
