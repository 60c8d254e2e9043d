//! A whole restaurant in one process: a relay, a kitchen PC and a bar PC, a virtual printer at each
//! station.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use virtual_printer::VirtualPrinter;

use crate::client::Client;
use crate::station::At;

/// A station, and which PC serves it.
#[derive(Debug, Clone, Copy)]
pub struct Station {
    /// Its name at the relay, on tickets and in file names.
    pub name: &'static str,
    /// What the agent calls it: name and location of a `[[station]]`.
    pub role: (&'static str, Option<&'static str>),
    /// Its PC.
    pub computer: &'static str,
}

/// The restaurant's stations.
pub const STATIONS: [Station; 4] = [
    Station {
        name: "kitchen",
        role: ("kitchen", None),
        computer: "kitchen-pc",
    },
    Station {
        name: "bar_depan",
        role: ("bar", Some("depan")),
        computer: "bar-pc",
    },
    Station {
        name: "bar_belakang",
        role: ("bar", Some("belakang")),
        computer: "bar-pc",
    },
    Station {
        name: "cashier",
        role: ("cashier", None),
        computer: "bar-pc",
    },
];

/// What kind of evening.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the relay listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Millimetres of paper a second; none prints at once.
    pub speed_mm_s: Option<f32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            speed_mm_s: None,
        }
    }
}

/// A restaurant that is open. [`House::close`] ends it and waits for all of it.
#[derive(Debug)]
pub struct House {
    relay: SocketAddr,
    printers: BTreeMap<&'static str, VirtualPrinter>,
    tasks: JoinSet<Result<()>>,
    stop: CancellationToken,
    computers: BTreeMap<&'static str, CancellationToken>,
    data: TempDir,
}

impl House {
    /// Opens a restaurant: everything listens and every agent is on its way to the relay.
    ///
    /// # Errors
    /// Where a port cannot be had or a store cannot be opened.
    pub async fn open(options: Options) -> Result<Self> {
        let data = TempDir::new().context("no folder for the restaurant's data")?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let relay = open_relay(options.listen, data.path(), &stop, &mut tasks).await?;
        let printers = open_printers(options.speed_mm_s)?;
        let mut house = Self {
            relay,
            printers,
            tasks,
            stop,
            computers: BTreeMap::new(),
            data,
        };
        for computer in ["kitchen-pc", "bar-pc"] {
            house.switch_on(computer)?;
        }
        Ok(house)
    }

    /// Starts the agent of a PC.
    ///
    /// # Errors
    /// Where its agent.toml cannot be written.
    pub fn switch_on(&mut self, computer: &'static str) -> Result<()> {
        let config = agent_config(computer, self.relay, self.data.path(), &self.printers)?;
        let stop = self.stop.child_token();
        self.computers.insert(computer, stop.clone());
        self.tasks
            .spawn(async move { agent::run(config, stop).await.context("an agent ended") });
        Ok(())
    }

    /// Ends the agent of a PC and waits until it has.
    ///
    /// # Errors
    /// What it ended with.
    pub async fn switch_off(&mut self, computer: &str) -> Result<()> {
        let Some(stop) = self.computers.remove(computer) else {
            return Ok(());
        };
        stop.cancel();
        let ended = self.tasks.join_next().await;
        ended.context("no agent ran")?.context("an agent panicked")?
    }

    /// Where the relay listens.
    #[must_use]
    pub fn relay(&self) -> SocketAddr {
        self.relay
    }

    /// A till.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.relay, None)
    }

    /// A station by name.
    ///
    /// # Panics
    /// Where the restaurant has no such station: see [`STATIONS`].
    #[must_use]
    pub fn at(&self, station: &'static str) -> At<'_> {
        #[expect(
            clippy::panic,
            reason = "a test that names a station there is not should stop there"
        )]
        let Some(printer) = self.printers.get(station) else {
            panic!("there is no station {station}")
        };
        At::new(station, printer)
    }

    /// The kitchen.
    #[must_use]
    pub fn kitchen(&self) -> At<'_> {
        self.at("kitchen")
    }

    /// The bar at the front.
    #[must_use]
    pub fn front_bar(&self) -> At<'_> {
        self.at("bar_depan")
    }

    /// The bar at the back.
    #[must_use]
    pub fn back_bar(&self) -> At<'_> {
        self.at("bar_belakang")
    }

    /// The cashier.
    #[must_use]
    pub fn cashier(&self) -> At<'_> {
        self.at("cashier")
    }

    /// Sends an order under the caller's id and gives the relay's answer.
    ///
    /// # Errors
    /// Where the relay refuses it.
    pub async fn order(&self, id: &str, mut order: Value) -> Result<Value> {
        if let Some(fields) = order.as_object_mut() {
            fields.insert("id".to_owned(), id.into());
        }
        self.client().order(&order).await
    }

    /// The printer of a station.
    #[must_use]
    pub fn printer(&self, station: &str) -> Option<&VirtualPrinter> {
        self.printers.get(station)
    }

    /// Ends the evening and waits until all is put away.
    ///
    /// # Errors
    /// What the relay or an agent ended with.
    pub async fn close(mut self) -> Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.context("a part of the restaurant panicked")??;
        }
        Ok(())
    }
}

async fn open_relay(
    listen: SocketAddr,
    data: &Path,
    stop: &CancellationToken,
    tasks: &mut JoinSet<Result<()>>,
) -> Result<SocketAddr> {
    let config = relay::config::Config {
        listen,
        insecure_no_auth: true,
        ..relay::config::Config::new(data.join("relay"))
    };
    let relay = relay::Relay::bind(config)
        .await
        .context("the relay cannot start")?;
    let address = relay.addr();
    let stop = stop.clone();
    tasks.spawn(async move {
        relay.serve(stop).await;
        Ok(())
    });
    Ok(address)
}

fn open_printers(speed_mm_s: Option<f32>) -> Result<BTreeMap<&'static str, VirtualPrinter>> {
    STATIONS
        .iter()
        .map(|station| {
            let config = virtual_printer::Config {
                serial: format!("VP-{}", station.name),
                speed_mm_s,
                ..virtual_printer::Config::default()
            };
            Ok((
                station.name,
                VirtualPrinter::start(config).context("a virtual printer cannot start")?,
            ))
        })
        .collect()
}

/// The agent.toml of one PC, as its IT would write it.
fn agent_config(
    computer: &str,
    relay: SocketAddr,
    data: &Path,
    printers: &BTreeMap<&'static str, VirtualPrinter>,
) -> Result<agent::config::Config> {
    let text = agent_toml(computer, relay, |station| {
        printers.get(station).map(VirtualPrinter::addr)
    });
    let file = data.join(format!("{computer}.toml"));
    std::fs::write(&file, text).context("no room for the restaurant's own agent.toml")?;
    let flags = agent::config::Flags {
        config: Some(file),
        data: Some(data.join(computer)),
        ..agent::config::Flags::default()
    };
    let loaded =
        agent::config::load(&flags, &|_| None).context("the restaurant's own agent.toml is wrong")?;
    Ok(loaded.config)
}

/// Writes the agent.toml of one PC of [`STATIONS`], given where each station's printer listens.
#[must_use]
pub fn agent_toml(computer: &str, relay: SocketAddr, printer: impl Fn(&str) -> Option<SocketAddr>) -> String {
    let mut text = format!("[relay]\nurl = \"ws://{relay}\"\noutlet = \"demo\"\n");
    for station in STATIONS.iter().filter(|station| station.computer == computer) {
        let Some(address) = printer(station.name) else {
            continue;
        };
        let (role, location) = station.role;
        text += &format!(
            "\n[[station]]\nname = \"{role}\"\nprinter = \"{}\"\n",
            station.name
        );
        if let Some(location) = location {
            text += &format!("location = \"{location}\"\n");
        }
        text += &format!(
            "\n[[printer]]\nname = \"{}\"\naddress = \"tcp://{address}\"\n",
            station.name
        );
    }
    text
}
