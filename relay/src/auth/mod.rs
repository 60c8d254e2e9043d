//! Who is asking: tokens become identities, and the table in [`roles`] says what each may do.

mod cache;
pub mod codes;
pub(crate) mod fetch;
pub mod issuer;
pub mod jwt;
pub mod keys;
pub mod origin;
pub mod peer;
mod remote;
pub mod roles;

use std::path::Path;

use jiff::Timestamp;

use crate::dialects::session::session_id;
use crate::error::Problem;
use crate::order::house::Table;
use crate::order::{Actor, Role};
use crate::planted;
use crate::store::{Device, OutletId, Store, Visit};
use issuer::{Issuer, IssuerSettings, VendorKeys};
use jwt::{Claims, TokenError};
use keys::{Keys, KeysError};

/// The outlet where nobody names one and no token is needed.
pub const DEFAULT_OUTLET: &str = "demo";

/// The longest outlet id. It stands in keys, rooms and paths.
pub const LONGEST_OUTLET: usize = 64;

/// Who is asking, once a token has said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The one outlet this caller belongs to.
    pub outlet: OutletId,
    /// What it may do there.
    pub role: Role,
    /// Its name: the token's subject, a device's id.
    pub subject: String,
    /// The device, for an agent's token.
    pub device: Option<Device>,
    /// The visit, for a guest's session token.
    pub session: Option<String>,
    /// The table, for a guest of one table.
    pub table: Option<String>,
    /// The id of the table whose link was shown instead of a token: enough to open the table's visit, and
    /// for nothing else.
    pub link: Option<String>,
    /// The `jti` of a token that this relay signed, by which it can be taken back.
    pub token_id: Option<String>,
    /// When the token ends; none for devices, which are revoked instead.
    pub expires: Option<Timestamp>,
    /// The command line on the relay's own machine, which holds its keys.
    pub operator: bool,
    /// No token was shown and none is needed: `outlet` is what was named so far, and the first
    /// frame that names another may still fix it.
    pub open: bool,
}

impl Identity {
    /// Whose signed token it is.
    ///
    /// # Errors
    /// In words, where no signed token can say that.
    pub fn of_token(outlet: String, role: Role, subject: String, expires: Timestamp) -> Result<Self, String> {
        if !is_outlet_id(&outlet) {
            return Err("its outlet is no outlet id".to_owned());
        }
        if role == Role::Agent {
            return Err("agents hold a token of their own; pair with printrail-relay enrol".to_owned());
        }
        Ok(Self {
            expires: Some(expires),
            // A guest without a visit orders under its own name, and sees what it ordered.
            session: (role == Role::Guest).then(|| subject.clone()),
            ..Self::bare(outlet.into(), role, subject)
        })
    }

    /// Whose device token it is.
    #[must_use]
    pub fn of_device(device: Device) -> Self {
        Self {
            device: Some(device.clone()),
            ..Self::bare(device.outlet.into(), Role::Agent, device.id)
        }
    }

    /// Whose visit it is, until then.
    #[must_use]
    pub fn of_visit(visit: Visit, ends_at: Timestamp) -> Self {
        Self {
            session: Some(visit.token.clone()),
            table: visit.table_number,
            expires: Some(ends_at),
            ..Self::bare(visit.outlet.into(), Role::Guest, visit.token)
        }
    }

    /// Whoever shows a table's link.
    #[must_use]
    pub fn of_link(outlet: &str, table: Table, link: &str) -> Self {
        Self {
            table: Some(table.number),
            link: Some(table.id),
            ..Self::bare(outlet.into(), Role::Guest, link.to_owned())
        }
    }

    /// Whoever asks where no token is needed (`--insecure-no-auth`).
    #[must_use]
    pub fn anyone(outlet: &str) -> Self {
        Self {
            open: true,
            ..Self::bare(outlet.into(), Role::Manager, "anyone".to_owned())
        }
    }

    /// The caller as orders and their history name it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            role: self.role,
            subject: self.subject.clone(),
        }
    }

    /// The caller as the meter and the log name it. A guest's subject is its token, which no log may
    /// hold.
    #[must_use]
    pub fn label(&self) -> String {
        match self.role {
            Role::Guest => format!("{}/guest-{}", self.outlet, session_id(&self.subject)),
            _ => format!("{}/{}", self.outlet, self.subject),
        }
    }

    /// The caller as what is kept of it names it: `role:subject`.
    #[must_use]
    pub fn label_with_role(&self) -> String {
        format!("{:?}:{}", self.role, self.subject).to_lowercase()
    }

    fn bare(outlet: OutletId, role: Role, subject: String) -> Self {
        Self {
            outlet,
            role,
            subject,
            device: None,
            session: None,
            table: None,
            link: None,
            token_id: None,
            expires: None,
            operator: false,
            open: false,
        }
    }
}

/// Whether `id` can be an outlet's: letters, digits, `-`, `_` and `.`, 1 to [`LONGEST_OUTLET`].
#[must_use]
pub fn is_outlet_id(id: &str) -> bool {
    (1..=LONGEST_OUTLET).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// Turns tokens into identities.
#[derive(Debug)]
pub struct Auth {
    keys: Keys,
    vendors: Vec<Issuer>,
    insecure: bool,
    seen: cache::Cache,
}

/// Why tokens cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The relay's own keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A vendor's settings, in words.
    #[error("{0}")]
    Issuer(String),
}

impl Auth {
    /// Opens the keys of a data folder and reads the vendors' keys.
    ///
    /// # Errors
    /// [`AuthError`], naming the file or the vendor.
    pub fn open(data: &Path, vendors: &[IssuerSettings], insecure: bool) -> Result<Self, AuthError> {
        let vendors = vendors
            .iter()
            .map(|settings| Issuer::load(settings, jwt::ISSUER))
            .collect::<Result<_, _>>()
            .map_err(AuthError::Issuer)?;
        Ok(Self {
            keys: Keys::open(data)?,
            vendors,
            insecure,
            seen: cache::Cache::default(),
        })
    }

    /// Whether no token is needed.
    #[must_use]
    pub fn is_insecure(&self) -> bool {
        self.insecure
    }

    /// The relay's keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Signs a token of the relay's own.
    ///
    /// # Errors
    /// Where the key cannot sign; never with a key that was read.
    pub fn sign(&self, claims: &Claims) -> Result<String, TokenError> {
        jwt::sign(&self.keys, claims)
    }

    /// Whose token it is. Signed tokens have two dots, a device's token is opaque.
    ///
    /// # Errors
    /// 401 where it is nobody's; 503 or 500 where the store cannot say.
    pub async fn identify(&self, token: &str, store: &Store) -> Result<Identity, Problem> {
        if token.bytes().filter(|byte| *byte == b'.').count() == 2 {
            return self.signed(token, store).await;
        }
        if token.is_empty() || token.len() > jwt::LONGEST {
            return Err(Problem::unauthorized("the token is not valid here"));
        }
        match store.device_by_token(token).await? {
            Some(device) if device.revoked && !planted::is("revoked devices come in") => Err(
                Problem::unauthorized("this device's token was revoked; pair it again with a new code"),
            ),
            Some(device) => Ok(Identity::of_device(device)),
            None => guest(token, store).await,
        }
    }

    /// Fetches the keys of vendors that have an address and were not asked for long.
    pub async fn refresh(&self) {
        for vendor in &self.vendors {
            if let VendorKeys::Remote(remote) = &vendor.keys {
                remote.refresh().await;
            }
        }
    }

    /// Forgets which tokens were proven: one was taken back.
    pub fn forget(&self) {
        self.seen.clear();
    }

    async fn signed(&self, token: &str, store: &Store) -> Result<Identity, Problem> {
        let now = Timestamp::now();
        if let Some(identity) = self.seen.get(token, now) {
            return Ok(identity);
        }
        if let Some((remote, kid)) = jwt::remote_of(token, &self.vendors) {
            remote.look_for(kid.as_deref()).await;
        }
        let identity = jwt::verify(token, &self.keys, &self.vendors)
            .map_err(|error| Problem::unauthorized(error.to_string()))?;
        if let Some(id) = &identity.token_id
            && store.token_is_revoked(&identity.outlet, id).await?
        {
            return Err(Problem::unauthorized(
                "this token was revoked; get a new one from a manager",
            ));
        }
        self.seen.put(token, identity.clone(), now);
        Ok(identity)
    }
}

/// The guest of a visit that is still open.
async fn guest(token: &str, store: &Store) -> Result<Identity, Problem> {
    let unknown = || Problem::unauthorized("the token is not known here");
    let visit = store.visit(token).await?.ok_or_else(unknown)?;
    let settings = store.settings(&visit.outlet).await?;
    if !visit.is_open(Timestamp::now(), &settings) {
        return Err(Problem::unauthorized(
            "this visit is over; ask the staff to open a new one",
        ));
    }
    let ends_at = visit.ends_at(&settings);
    Ok(Identity::of_visit(visit, ends_at))
}
