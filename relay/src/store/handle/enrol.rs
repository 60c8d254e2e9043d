//! Pairing codes and devices.
//!
//! A code is `XXXX-XXXXXX`: four letters find it, six prove it, so that wrong tries count against one
//! code. It is single use, short-lived, and kept hashed; so is the device's token.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Store;
use crate::order::Actor;
use crate::store::desk::{Desk, Outcome};
use crate::store::sql::people::{self, Enrolment};
use crate::store::sql::{self, events};
use crate::store::{Audited, Device, OutletId, StoreError, transact, work};

/// Wrong tries before a code is dead: with 30 bits to guess, 1 in 200 million.
const MAX_TRIES: u32 = 5;
/// A code lives at most so long, whatever was asked: a day.
const MAX_TTL: Duration = Duration::from_secs(24 * 3600);
/// Attempts to find a code whose first part is free; one in a million is taken for each code that lives.
const DRAWS: usize = 8;
/// Crockford's base 32: no I, L, O or U, which people misread.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// A computer's own code has four letters and four words of three letters or more.
const PHRASE: usize = 16;
/// The code's first part, in letters.
const SELECTOR: usize = 4;
/// The whole code, in letters.
const CODE: usize = 10;

/// What a pairing code was exchanged for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeemed {
    /// The new device.
    pub device: Device,
    /// Its token; kept nowhere else.
    pub token: String,
    /// The device whose place it took, and whose token is refused from now on.
    pub replaced: Option<String>,
}

/// Why a pairing code was not taken.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// No such code.
    #[error("this pairing code is wrong; check it, or make a new one with `printrail-relay enrol`")]
    Wrong,
    /// Too late.
    #[error("this pairing code has expired; make a new one with `printrail-relay enrol`")]
    Expired,
    /// Taken before.
    #[error("this pairing code was used already; make a new one with `printrail-relay enrol`")]
    Used,
    /// Guessed at.
    #[error("this pairing code was tried too often; make a new one with `printrail-relay enrol`")]
    TooManyTries,
    /// The store could not look.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Makes a one-time pairing code for these stations (name and location); returns it and until when it is
    /// good. `ttl` is cut at a day. Whoever redeems the code takes the place of the device `replaces`, whose
    /// stations are meant where `stations` is empty.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown outlet or device.
    pub async fn create_enrolment(
        &self,
        outlet: &str,
        stations: Vec<(String, Option<String>)>,
        replaces: Option<String>,
        ttl: Duration,
        by: &Actor,
    ) -> Result<(String, Timestamp), StoreError> {
        let (outlet, by) = (OutletId::from(outlet), by.clone());
        self.inner
            .clerk
            .call(move |desk| enrol(desk, &outlet, stations, replaces, ttl.min(MAX_TTL), &by, None))
            .await
    }

    /// The same with a code that the computer itself made and shows to a manager; see [`is_strong`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown outlet or device, [`StoreError::Busy`] where another open code
    /// begins alike.
    pub async fn adopt(
        &self,
        outlet: &str,
        stations: Vec<(String, Option<String>)>,
        replaces: Option<String>,
        ttl: Duration,
        by: &Actor,
        code: &str,
    ) -> Result<(String, Timestamp), StoreError> {
        let (outlet, by, code) = (OutletId::from(outlet), by.clone(), Some(normal(code)));
        self.inner
            .clerk
            .call(move |desk| enrol(desk, &outlet, stations, replaces, ttl.min(MAX_TTL), &by, code))
            .await
    }

    /// Exchanges a pairing code for a device of that name and its token.
    ///
    /// # Errors
    /// [`RedeemError`]; a wrong try counts.
    pub async fn redeem(&self, code: &str, name: &str) -> Result<Redeemed, RedeemError> {
        let (code, name) = (normal(code), name.to_owned());
        self.inner
            .clerk
            .call(move |desk| redeem(desk, &code, name))
            .await?
    }

    /// The device of this token, also a revoked one: look at [`Device::revoked`].
    ///
    /// # Errors
    /// What the database says.
    pub async fn device_by_token(&self, token: &str) -> Result<Option<Device>, StoreError> {
        let hash = hash(token);
        self.inner
            .readers
            .read(move |conn| Ok(people::by_token(conn, &hash)?))
            .await
    }

    /// An outlet's devices, oldest first, revoked ones included.
    ///
    /// # Errors
    /// What the database says.
    pub async fn devices(&self, outlet: &str) -> Result<Vec<Device>, StoreError> {
        let outlet = outlet.to_owned();
        self.inner
            .readers
            .read(move |conn| Ok(people::devices(conn, &outlet)?))
            .await
    }

    /// Takes a device's token back for good: its connections are fenced, its stations are free, and what it
    /// was offered and did not acknowledge is marked.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn revoke_device(&self, outlet: &str, device: &str, by: &Actor) -> Result<(), StoreError> {
        let (outlet, device, who) = (OutletId::from(outlet), device.to_owned(), transact::who(by));
        self.inner
            .clerk
            .call(move |desk| revoke(desk, &outlet, &device, who))
            .await
    }

    /// Gives a device another name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn rename_device(
        &self,
        outlet: &str,
        device: &str,
        name: &str,
        by: &Actor,
    ) -> Result<(), StoreError> {
        let (outlet, device, name) = (outlet.to_owned(), device.to_owned(), name.to_owned());
        let who = transact::who(by);
        let rename = move |desk: &mut Desk<'_>| {
            if !people::rename(desk.conn, &outlet, &device, &name)? {
                return Err(unknown(&device));
            }
            audit(
                desk,
                &outlet,
                who,
                format!("device {device} is called {name} now"),
            )
        };
        self.inner.clerk.call(rename).await
    }
}

fn enrol(
    desk: &mut Desk<'_>,
    outlet: &OutletId,
    stations: Vec<(String, Option<String>)>,
    replaces: Option<String>,
    ttl: Duration,
    by: &Actor,
    code: Option<String>,
) -> Outcome<(String, Timestamp)> {
    desk.books.settings(desk.conn, outlet)?;
    let stations = match &replaces {
        Some(old) => stations_after(desk, outlet, old, stations)?,
        None => stations,
    };
    let ttl = SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX);
    let expires = desk.now.checked_add(ttl).unwrap_or(Timestamp::MAX);
    for _ in 0..DRAWS {
        let code = code.clone().unwrap_or_else(draw);
        let Some((selector, secret)) = code.split_at_checked(SELECTOR) else {
            break;
        };
        let new = Enrolment {
            outlet: outlet.to_string(),
            selector: selector.to_owned(),
            secret: hash(secret),
            stations: stations.clone(),
            expires,
            replaces: replaces.clone(),
            tries: 0,
            used: false,
        };
        if people::insert_enrolment(desk.conn, &new)? {
            let names: Vec<&str> = stations.iter().map(|(name, _)| name.as_str()).collect();
            let what = format!("a pairing code was made ({selector}-…) for {}", names.join(", "));
            audit(desk, outlet, transact::who(by), what)?;
            return Ok((format!("{selector}-{secret}"), expires));
        }
    }
    Err(StoreError::Busy)
}

/// The stations that were named, or those of the device that goes.
fn stations_after(
    desk: &Desk<'_>,
    outlet: &str,
    old: &str,
    stations: Vec<(String, Option<String>)>,
) -> Outcome<Vec<(String, Option<String>)>> {
    let devices = people::devices(desk.conn, outlet)?;
    let old = devices
        .into_iter()
        .find(|device| device.id == old)
        .ok_or_else(|| unknown(old))?;
    Ok(if stations.is_empty() {
        old.stations
    } else {
        stations
    })
}

/// The outer result is the store's; a refusal is an outcome like another, since the try must stay counted.
fn redeem(desk: &mut Desk<'_>, code: &str, name: String) -> Outcome<Result<Redeemed, RedeemError>> {
    let Some((selector, secret)) = code.split_at_checked(SELECTOR) else {
        return Ok(Err(RedeemError::Wrong));
    };
    let Some(mut found) = people::enrolment(desk.conn, selector)? else {
        return Ok(Err(RedeemError::Wrong));
    };
    if let Err(refused) = open(&found, desk.now) {
        return Ok(Err(refused));
    }
    if !bool::from(hash(secret).ct_eq(&found.secret)) {
        found.tries += 1;
        people::update_enrolment(desk.conn, &found)?;
        let dead = found.tries >= MAX_TRIES;
        return Ok(Err(if dead {
            RedeemError::TooManyTries
        } else {
            RedeemError::Wrong
        }));
    }
    found.used = true;
    people::update_enrolment(desk.conn, &found)?;
    let device = Device {
        id: desk.new_id(),
        outlet: found.outlet,
        name,
        stations: found.stations,
        revoked: false,
    };
    let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    people::insert_device(desk.conn, &device, &hash(&token), desk.now)?;
    let (what, who) = (
        format!("device {} ({}) was paired", device.id, device.name),
        format!("code:{selector}"),
    );
    audit(desk, &device.outlet, who.clone(), what)?;
    if let Some(old) = &found.replaces {
        revoke(desk, &OutletId::from(device.outlet.as_str()), old, who)?;
    }
    Ok(Ok(Redeemed {
        device,
        token,
        replaced: found.replaces,
    }))
}

fn open(found: &Enrolment, now: Timestamp) -> Result<(), RedeemError> {
    if found.used {
        return Err(RedeemError::Used);
    }
    if found.tries >= MAX_TRIES {
        return Err(RedeemError::TooManyTries);
    }
    if found.expires <= now {
        return Err(RedeemError::Expired);
    }
    Ok(())
}

fn revoke(desk: &mut Desk<'_>, outlet: &OutletId, device: &str, who: String) -> Outcome<()> {
    if !people::revoke(desk.conn, outlet, device)? {
        return Err(unknown(device));
    }
    for held in sql::stations::holders(desk.conn, outlet)? {
        if held.device == device {
            work::vacate(desk, outlet, &held.station)?;
        }
    }
    work::attach(desk, outlet, device)?;
    audit(desk, outlet, who, format!("device {device} was revoked"))
}

fn unknown(device: &str) -> StoreError {
    StoreError::NotFound {
        what: "device",
        id: device.to_owned(),
    }
}

fn audit(desk: &Desk<'_>, outlet: &str, who: String, what: String) -> Outcome<()> {
    let line = Audited {
        at: desk.now,
        who,
        what,
    };
    Ok(events::audit(desk.conn, outlet, &desk.new_id(), &line)?)
}

fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

fn draw() -> String {
    rand::random::<[u8; CODE]>()
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)))
        .map(|letter| char::from(*letter))
        .collect()
}

/// Whether a computer's own code is as hard to guess as one of the relay's: four letters and as many words.
#[must_use]
pub fn is_strong(code: &str) -> bool {
    normal(code).len() >= PHRASE
}

/// A code as people type it: any case, spaces and dashes anywhere, O for 0, I and L for 1.
fn normal(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            letter => letter,
        })
        .collect()
}
