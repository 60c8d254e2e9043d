//! The other end of a control port: says lines to a running virtual printer, for computers without `nc`.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};

use anyhow::{Context as _, bail};

/// Says each line, shows the answers, and fails where one of them is an error.
pub(crate) fn tell(addr: SocketAddr, lines: &[String]) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(addr).with_context(|| {
        format!("no control port at {addr}; is a virtual printer running with `--control {addr}`?")
    })?;
    let said: String = lines
        .iter()
        .map(|line| format!("{}\n", line.replace(['\r', '\n'], " ")))
        .collect();
    stream
        .write_all(said.as_bytes())
        .context("cannot speak to the control port")?;
    stream
        .shutdown(Shutdown::Write)
        .context("cannot speak to the control port")?;
    let mut answers = String::new();
    stream
        .read_to_string(&mut answers)
        .context("the control port broke off")?;
    let mut out = io::stdout().lock();
    write!(out, "{answers}")
        .and_then(|()| out.flush())
        .context("cannot write to stdout")?;
    if answers.lines().any(|line| line.starts_with("error:")) {
        bail!("the printer refused; `--tell {addr} help` lists what it takes");
    }
    Ok(())
}
