//! A restaurant of processes: a relay, a kitchen's and a bar's agent, a virtual printer for each.

use std::fs;
use std::io::{BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::JoinSet;

use super::super::args::LoadtestArgs;
use super::cable::Cable;
use super::call::Caller;
use super::papers::Papers;
use super::program::{self, Program};

/// The computers: each has one printer of the same name.
const COMPUTERS: [(&str, &[(&str, Option<&str>)]); 2] = [
    ("kitchen", &[("kitchen", None)]),
    (
        "bar",
        &[("bar", None), ("bar", Some("depan")), ("bar", Some("belakang"))],
    ),
];

/// An agent, its cable and its printer.
#[derive(Debug)]
pub(super) struct Computer {
    pub(super) name: &'static str,
    pub(super) agent: AsyncMutex<Program>,
    pub(super) cable: Cable,
    control: SocketAddr,
    printer: Mutex<Program>,
    device: Option<String>,
}

/// The restaurant; closed by [`Scene::close`].
#[derive(Debug)]
pub(super) struct Scene {
    folder: PathBuf,
    is_ours: bool,
    /// None where the relay is somebody else's.
    pub(super) relay: Option<AsyncMutex<Program>>,
    pub(super) computers: Vec<Computer>,
    pub(super) caller: Caller,
    pub(super) papers: Arc<Papers>,
    tasks: AsyncMutex<JoinSet<()>>,
    readers: Mutex<Vec<JoinHandle<()>>>,
}

/// The printer of a station.
pub(super) fn printer_of(station: &str) -> &'static str {
    if station == "kitchen" { "kitchen" } else { "bar" }
}

impl Scene {
    /// Starts everything.
    pub(super) async fn open(args: &LoadtestArgs) -> Result<Self> {
        let (folder, is_ours) = match &args.keep {
            Some(folder) => (folder.clone(), false),
            None => (
                std::env::temp_dir().join(format!("printrail-loadtest-{}", std::process::id())),
                true,
            ),
        };
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let (relay, caller) = match &args.relay {
            Some(url) => (None, foreign(url, args.token_file.as_deref())?),
            None => {
                let (relay, address) = own_relay(&folder)?;
                (Some(AsyncMutex::new(relay)), Caller::new(address, None))
            }
        };
        let mut scene = Self {
            folder,
            is_ours,
            relay,
            computers: Vec::new(),
            caller,
            papers: Arc::default(),
            tasks: AsyncMutex::default(),
            readers: Mutex::default(),
        };
        for (name, stations) in COMPUTERS {
            let computer = scene.computer(args, name, stations).await?;
            scene.computers.push(computer);
        }
        Ok(scene)
    }

    /// Where stores and logs are.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes stores and logs, where nobody asked to keep them.
    pub(super) fn forget(&self) {
        if self.is_ours {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    /// Ends every process and waits for all of it.
    pub(super) async fn close(&self) {
        for computer in &self.computers {
            if let Some(device) = &computer.device {
                let _ = self
                    .caller
                    .post(&format!("/api/devices/{device}/revoke"), &json!({}))
                    .await;
            }
            let _ = computer.agent.lock().await.kill();
            let _ = computer
                .printer
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .kill();
        }
        if let Some(relay) = &self.relay {
            let _ = relay.lock().await.kill();
        }
        self.tasks.lock().await.shutdown().await;
        let readers = std::mem::take(&mut *self.readers.lock().unwrap_or_else(PoisonError::into_inner));
        for reader in readers {
            let _ = reader.join();
        }
    }

    async fn computer(
        &self,
        args: &LoadtestArgs,
        name: &'static str,
        stations: &[(&str, Option<&str>)],
    ) -> Result<Computer> {
        let path = program::find(args.virtual_printer.as_deref(), "printrail-virtual-printer");
        let listen = ["--json", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"];
        let mut printer = Program::new(&path, &listen, self.folder.join(format!("{name}-printer.log")));
        let mut said = printer.start()?;
        let (address, control) = (heard(&mut said, "listening")?, heard(&mut said, "control")?);
        self.read(name, said)?;
        let cable = Cable::lay(self.caller.relay(), &mut *self.tasks.lock().await).await?;
        let agent = program::find(args.agent.as_deref(), "printrail-agent");
        let config = self.folder.join(format!("{name}.toml"));
        fs::write(&config, agent_toml(cable.address(), name, stations, address))?;
        let (config, data) = (
            config.display().to_string(),
            self.folder.join(name).display().to_string(),
        );
        let device = match self.relay {
            Some(_) => None,
            None => Some(self.pair(&agent, name, stations, &config, &data).await?),
        };
        let run = ["run", "--config", &config, "--data", &data];
        let mut agent = Program::new(&agent, &run, self.folder.join(format!("{name}.log")));
        agent.start_alone()?;
        Ok(Computer {
            name,
            agent: AsyncMutex::new(agent),
            cable,
            control,
            printer: Mutex::new(printer),
            device,
        })
    }

    fn read(&self, name: &'static str, said: BufReader<impl Read + Send + 'static>) -> Result<()> {
        let papers = Arc::clone(&self.papers);
        let reader = std::thread::Builder::new().name(format!("{name} papers"));
        let reader = reader.spawn(move || papers.collect(name, said))?;
        self.readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(reader);
        Ok(())
    }

    /// Pairs an agent with somebody else's relay; returns its device.
    async fn pair(
        &self,
        agent: &Path,
        name: &str,
        stations: &[(&str, Option<&str>)],
        config: &str,
        data: &str,
    ) -> Result<String> {
        let stations: Vec<Value> = stations
            .iter()
            .map(|(name, location)| json!({"name": name, "location": location}))
            .collect();
        let opened = self
            .caller
            .post("/api/enrolments", &json!({"stations": stations}))
            .await?;
        let code = opened
            .get("code")
            .and_then(Value::as_str)
            .context("no pairing code came")?;
        let called = format!("loadtest-{name}");
        let args = [
            "pair", "--config", config, "--data", data, "--name", &called, "--json", code,
        ];
        let said: Value = serde_json::from_str(&Program::finish(agent, &args)?)?;
        let device = said.get("deviceId");
        Ok(device.and_then(Value::as_str).unwrap_or_default().to_owned())
    }
}

impl Computer {
    /// Says a line to the printer's control port, such as `paper-out`.
    pub(super) fn tell(&self, line: &str) -> Result<()> {
        self.ask(line).map(drop)
    }

    /// Says a line to the printer's control port and gives its answer.
    pub(super) fn ask(&self, line: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.control)?;
        stream.write_all(format!("{line}\nquit\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if !answer.starts_with("ok") {
            bail!("the virtual printer did not take `{line}`: {answer}");
        }
        Ok(answer)
    }
}

fn own_relay(folder: &Path) -> Result<(Program, SocketAddr)> {
    let here = std::env::current_exe().context("this program cannot find itself")?;
    let data = folder.join("relay").display().to_string();
    let start = |listen: &str| {
        let args = ["serve", "--insecure-no-auth", "--listen", listen, "--data", &data];
        let mut relay = Program::new(&here, &args, folder.join("relay.log"));
        let address = relay.start_and_hear("listening on http://")?;
        Ok::<_, anyhow::Error>((relay, address.parse::<SocketAddr>()?))
    };
    let (mut relay, address): (Program, SocketAddr) = start("127.0.0.1:0")?;
    relay.kill()?;
    // On the same port whenever it is started again.
    start(&address.to_string())
}

fn foreign(url: &str, token: Option<&Path>) -> Result<Caller> {
    use std::net::ToSocketAddrs as _;
    let place = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
    let place = place
        .context("--relay takes http://ADDR:PORT; run it beside the relay where that speaks TLS alone")?;
    let address = place
        .to_socket_addrs()
        .with_context(|| format!("{place} is not known"))?
        .next();
    let token = token
        .map(fs::read_to_string)
        .transpose()
        .context("the token's file cannot be read")?;
    let token = token.map(|token| token.trim().to_owned());
    Ok(Caller::new(
        address.with_context(|| format!("{place} has no address"))?,
        token,
    ))
}

fn heard(said: &mut impl std::io::BufRead, what: &str) -> Result<SocketAddr> {
    let mut line = String::new();
    said.read_line(&mut line)?;
    let value: Value =
        serde_json::from_str(&line).with_context(|| format!("the virtual printer said {line:?}"))?;
    let address = value.get(what).and_then(Value::as_str);
    address
        .with_context(|| format!("the virtual printer said {line:?}"))?
        .parse::<SocketAddr>()
        .context("no address")
}

/// An agent.toml as a restaurant's IT would write it.
fn agent_toml(
    relay: SocketAddr,
    name: &str,
    stations: &[(&str, Option<&str>)],
    printer: SocketAddr,
) -> String {
    let mut text = format!("[relay]\nurl = \"ws://{relay}\"\n");
    for (role, location) in stations {
        text += &format!("\n[[station]]\nname = \"{role}\"\nprinter = \"{name}\"\n");
        if let Some(location) = location {
            text += &format!("location = \"{location}\"\n");
        }
    }
    text + &format!("\n[[printer]]\nname = \"{name}\"\naddress = \"tcp://{printer}\"\n")
}
