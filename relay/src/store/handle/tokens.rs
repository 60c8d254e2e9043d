//! Signed tokens that managers made, and those that they took back.

use jiff::{SignedDuration, Timestamp};

use super::Store;
use crate::order::Actor;
use crate::store::desk::{Desk, Outcome};
use crate::store::sql::tokens;
use crate::store::{OutletId, StoreError, deeds, transact};

/// Most tokens that an outlet lists: a chain's largest has a hundred tills and tablets.
const MOST: i64 = 2_000;
/// A token that was taken back without being listed is remembered for longer than any token lives.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(400 * 24);
/// How long a token is listed after it expired. Longer than the leeway with which it is still taken.
const LISTED_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A signed token as it is listed; its text is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Its `jti`.
    pub id: String,
    /// Its `sub`; none of a token that was taken back without being listed.
    pub name: Option<String>,
    /// Its role; none likewise.
    pub role: Option<String>,
    /// Who made it, or who took it back.
    pub made_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when it holds.
    pub expires: Option<Timestamp>,
    /// Whether it was taken back.
    pub revoked: bool,
}

impl Store {
    /// Lists a token that was just signed.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where there are too many.
    pub async fn list_token(&self, outlet: &str, token: Issued, by: &Actor) -> Result<(), StoreError> {
        let (outlet, by) = (OutletId::from(outlet), by.clone());
        let list = move |desk: &mut Desk<'_>| {
            trim(desk, &outlet)?;
            if tokens::count(desk.conn, &outlet)? >= MOST {
                return Err(StoreError::Conflict(format!(
                    "there are {MOST} tokens already; revoke those that nobody uses"
                )));
            }
            let name = token.name.as_deref().unwrap_or_default();
            let role = token.role.as_deref().unwrap_or_default();
            let what = format!("a token for {role} {name} was made ({})", token.id);
            let token = Issued {
                made_by: transact::who(&by),
                ..token
            };
            tokens::insert(desk.conn, &outlet, &token)?;
            deeds::audit(desk, &outlet, &by, what)
        };
        self.inner.clerk.call(list).await
    }

    /// The outlet's tokens, newest first, at most 2,000.
    ///
    /// # Errors
    /// What the database says.
    pub async fn tokens(&self, outlet: &str) -> Result<Vec<Issued>, StoreError> {
        let outlet = outlet.to_owned();
        let most = usize::try_from(MOST).unwrap_or(usize::MAX);
        let read = move |conn: &rusqlite::Connection| Ok(tokens::list(conn, &outlet, most)?);
        self.inner.readers.read(read).await
    }

    /// Takes a signed token back, also one that is not listed (made beside the relay).
    ///
    /// # Errors
    /// What the clerk says.
    pub async fn revoke_token(&self, outlet: &str, id: &str, by: &Actor) -> Result<(), StoreError> {
        let (outlet, id, by) = (OutletId::from(outlet), id.to_owned(), by.clone());
        let revoke = move |desk: &mut Desk<'_>| {
            if !tokens::revoke(desk.conn, &outlet, &id)? {
                let unlisted = Issued {
                    id: id.clone(),
                    name: None,
                    role: None,
                    made_by: transact::who(&by),
                    created_at: desk.now,
                    expires: desk.now.checked_add(LONGEST_LIFE).ok(),
                    revoked: true,
                };
                tokens::insert(desk.conn, &outlet, &unlisted)?;
            }
            deeds::audit(desk, &outlet, &by, format!("token {id} was revoked"))
        };
        self.inner.clerk.call(revoke).await
    }

    /// Whether a signed token was taken back.
    ///
    /// # Errors
    /// What the database says.
    pub async fn token_is_revoked(&self, outlet: &str, id: &str) -> Result<bool, StoreError> {
        let (outlet, id) = (outlet.to_owned(), id.to_owned());
        let read = move |conn: &rusqlite::Connection| Ok(tokens::is_revoked(conn, &outlet, &id)?);
        self.inner.readers.read(read).await
    }
}

fn trim(desk: &Desk<'_>, outlet: &str) -> Outcome<()> {
    if let Ok(before) = desk.now.checked_sub(LISTED_AFTER) {
        tokens::trim(desk.conn, outlet, before)?;
    }
    Ok(())
}
