//! One-time codes with which screens sign in. They outlive the relay that made them.

use jiff::Timestamp;

use super::Store;
use crate::store::desk::Desk;
use crate::store::sql::codes;
use crate::store::{OutletId, StoreError};

/// Codes of an outlet that may be open at once: more screens than a house has.
const MOST: i64 = 1_000;

impl Store {
    /// Keeps a code as its `hash` with `what` it stands for, until then.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where too many are open.
    pub async fn open_code(
        &self,
        outlet: &str,
        hash: [u8; 32],
        what: String,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let outlet = OutletId::from(outlet);
        let open = move |desk: &mut Desk<'_>| {
            codes::trim(desk.conn, desk.now)?;
            if codes::count(desk.conn, &outlet)? >= MOST {
                return Err(StoreError::Conflict(
                    "too many codes are open; wait until some of them were typed or ended".to_owned(),
                ));
            }
            Ok(codes::insert(desk.conn, &outlet, &hash, &what, until)?)
        };
        self.inner.clerk.call(open).await
    }

    /// Takes a code, once: what it stands for, or nothing where there is none or it ran out.
    ///
    /// # Errors
    /// What the clerk says.
    pub async fn take_code(&self, hash: [u8; 32]) -> Result<Option<String>, StoreError> {
        let take = move |desk: &mut Desk<'_>| Ok(codes::take(desk.conn, &hash, desk.now)?);
        self.inner.clerk.call(take).await
    }
}
