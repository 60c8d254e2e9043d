//! The program: a virtual printer on a port or a pseudo-terminal, its papers on stdout or in a folder.

mod args;
mod papers;
mod tell;

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use virtual_printer::{Config, Device, Input, Output, Script, ScriptError, VirtualPrinter, serve_control};

use args::Args;
use papers::Papers;

/// Exit code of a bad configuration (PRODUCT.md, "Programs").
const BAD_CONFIGURATION: u8 = 8;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            let bad_script = error.downcast_ref::<ScriptError>().is_some();
            if bad_script {
                ExitCode::from(BAD_CONFIGURATION)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(addr) = args.tell {
        return tell::tell(addr, &args.lines);
    }
    let script = args.script.as_deref().map(Script::load).transpose()?;
    let mut papers = Papers::new(args.out.as_deref(), args.json)?;
    let config = args.config();
    if let Some(input) = &args.input {
        return print_file(input, &config, &mut papers);
    }
    let printer = start(args, config)?;
    for fault in &args.faults {
        printer.fault(fault.clone());
    }
    if let Some(script) = script {
        printer.follow(script);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(serve(args, &printer, &mut papers));
    printer.stop();
    served
}

fn start(args: &Args, config: Config) -> anyhow::Result<VirtualPrinter> {
    let listen = config.listen;
    let printer = if args.pty {
        VirtualPrinter::start_on_pty(config).context("cannot open a pseudo-terminal")?
    } else {
        VirtualPrinter::start(config).with_context(|| {
            format!("cannot listen on {listen}; is another program there? `--listen 127.0.0.1:0` takes a free port")
        })?
    };
    match printer.pty() {
        Some(path) => say(args, "listening", &path.display().to_string())?,
        None => say(args, "listening", &printer.addr().to_string())?,
    }
    Ok(printer)
}

/// Writes papers until the program is interrupted.
async fn serve(args: &Args, printer: &VirtualPrinter, papers: &mut Papers) -> anyhow::Result<()> {
    let control = control(args, printer);
    tokio::select! {
        done = control => done,
        done = write_papers(printer, papers) => done,
        stopped = tokio::signal::ctrl_c() => stopped.context("cannot wait for an interruption"),
    }
}

async fn control(args: &Args, printer: &VirtualPrinter) -> anyhow::Result<()> {
    let Some(addr) = args.control else {
        return std::future::pending().await;
    };
    let listener = tokio::net::TcpListener::bind(addr)
        .await
        .with_context(|| format!("cannot listen on {addr} for the control port"))?;
    say(args, "control", &listener.local_addr()?.to_string())?;
    serve_control(listener, printer.clone()).await;
    Ok(())
}

async fn write_papers(printer: &VirtualPrinter, papers: &mut Papers) -> anyhow::Result<()> {
    let mut next = 0;
    loop {
        let paper = printer.paper(next).await;
        papers.write(&paper)?;
        next = paper.index + 1;
    }
}

/// Prints a file at once, without any port: `-` is stdin.
fn print_file(input: &Path, config: &Config, papers: &mut Papers) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    if input == Path::new("-") {
        io::stdin().read_to_end(&mut bytes).context("cannot read stdin")?;
    } else {
        bytes = fs::read(input).with_context(|| format!("cannot read {}", input.display()))?;
    }
    let mut device = Device::new(&Config {
        speed_mm_s: None,
        ..config.clone()
    });
    device.handle(Input::Bytes(&bytes), Duration::ZERO);
    device.handle(Input::Tear, Duration::ZERO);
    while let Some(output) = device.poll_output() {
        if let Output::Paper(paper) = output {
            papers.write(&paper)?;
        }
    }
    Ok(())
}

/// `listening on ADDR`, or the same in JSON.
fn say(args: &Args, what: &str, address: &str) -> anyhow::Result<()> {
    let line = if args.json {
        serde_json::json!({ "schema": papers::SCHEMA, what: address }).to_string()
    } else {
        format!("{what} on {address}")
    };
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .context("cannot write to stdout")
}
