//! The demo command: a restaurant opens, an order comes in, tickets come out.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser;
use restaurant::evening::{self, Done};
use restaurant::show::{self, Shown};
use restaurant::{House, Options, orders};
use serde_json::{Value, json};

/// Millimetres a second: half of what a kitchen's printer does, so that one can watch.
const SPEED_MM_S: f32 = 150.0;

/// A whole restaurant: relay, kitchen and bar agents, virtual printers. Sends a sample order (or the
/// files named), shows the tickets and goes on serving.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  restaurant\n  restaurant --once --out paper examples/orders/*.json"
)]
struct Cli {
    /// Orders as JSON files; a sample where none is named
    orders: Vec<PathBuf>,
    /// End when every ticket is on paper; fail when one is not
    #[arg(long)]
    once: bool,
    /// Keep each ticket as bytes, text and picture in this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Where the relay listens; by default 127.0.0.1:8080, or any free port where that is taken or with --once
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
}

fn main() -> ExitCode {
    if let Some(played) = restaurant::process::play() {
        return played;
    }
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .init();
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "restaurant: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(cli: &Cli) -> Result<()> {
    let mut orders = orders::read(&cli.orders)?;
    if let Some(out) = &cli.out {
        std::fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.display()))?;
    }
    let house = House::open(Options {
        listen: listen(cli),
        speed_mm_s: Some(SPEED_MM_S),
    })
    .await?;
    let guest = match cli.once {
        true => None,
        false => seat(&house, &mut orders).await?,
    };
    let served = serve(cli, &house, &orders).await;
    if served.is_ok() && !cli.once {
        invite(&house, guest.as_deref())?;
        tokio::signal::ctrl_c().await?;
    }
    let closed = house.close().await;
    served.and(closed)
}

/// Opens a visit for the first table that orders, so that its guest has a page to look at; gives its address.
async fn seat(house: &House, orders: &mut [Value]) -> Result<Option<String>> {
    let table_of = |order: &Value| {
        let number = order.get("tableNumber").or_else(|| order.get("table_number"));
        number.filter(|number| !number.is_null()).cloned()
    };
    let Some((order, table)) = orders
        .iter_mut()
        .find_map(|order| table_of(order).map(|table| (order, table)))
    else {
        return Ok(None);
    };
    let wish = json!({ "tableNumber": table });
    let visit = house.client().post("/api/sessions", &wish).await?.json();
    if let (Value::Object(fields), Some(token)) = (order, visit.get("token")) {
        fields.insert("sessionToken".to_owned(), token.clone());
    }
    Ok(visit.get("url").and_then(Value::as_str).map(str::to_owned))
}

/// The usual port where it is free and nobody else needs to know ours.
fn listen(cli: &Cli) -> SocketAddr {
    let usual = SocketAddr::from(([127, 0, 0, 1], 8080));
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    cli.listen.unwrap_or_else(|| {
        if cli.once || std::net::TcpListener::bind(usual).is_err() {
            any
        } else {
            usual
        }
    })
}

async fn serve(cli: &Cli, house: &House, orders: &[Value]) -> Result<()> {
    let mut ids = Vec::new();
    for order in orders {
        ids.extend(evening::send(house, order).await?);
    }
    let mut done: Vec<Done> = Vec::new();
    for id in &ids {
        done.push(evening::follow(house, id).await?);
    }
    let papers = evening::papers(house, &done)?;
    for job in &done {
        let Some(paper) = papers.get(&job.id) else {
            continue;
        };
        let text = house
            .client()
            .get(&format!("/api/jobs/{}/ticket.txt", job.id))
            .await?
            .text();
        let shown = Shown {
            station: &job.station,
            number: job.number,
            verdict: job.verdict.clone(),
            text: &text,
            paper,
        };
        show::on_terminal(&shown)?;
        if let Some(out) = &cli.out {
            show::in_folder(&shown, out)?;
        }
    }
    summary(orders.len(), done.len())
}

fn summary(orders: usize, tickets: usize) -> Result<()> {
    writeln!(
        std::io::stdout(),
        "\n{orders} orders in, {tickets} tickets on paper, each exactly once."
    )?;
    Ok(())
}

fn invite(house: &House, guest: Option<&str>) -> Result<()> {
    let relay = house.relay();
    let mut out = std::io::stdout().lock();
    writeln!(out, "The restaurant is open; Ctrl-C closes it.\n")?;
    writeln!(out, "  pages    http://{relay}/")?;
    writeln!(out, "  kitchen  http://{relay}/kds")?;
    if let Some(guest) = guest {
        writeln!(out, "  guest    {guest}")?;
    }
    writeln!(out, "  orders   http://{relay}/api/orders")?;
    writeln!(out, "  jobs     http://{relay}/api/jobs")?;
    writeln!(out, "  metrics  http://{relay}/metrics")?;
    writeln!(out, "  screens  ws://{relay}/ws\n")?;
    writeln!(out, "Send another order:")?;
    writeln!(
        out,
        "  curl -sS -H 'content-type: application/json' --data @examples/orders/07-menu-indonesia.json http://{relay}/api/orders"
    )?;
    Ok(())
}
