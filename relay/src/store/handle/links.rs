//! The links behind the codes on tables.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Store;
use crate::order::Actor;
use crate::order::house::Table;
use crate::store::desk::Desk;
use crate::store::sql::house::{self, List};
use crate::store::{OutletId, StoreError, deeds};

impl Store {
    /// A table and the secret of its link, made where there is none; `renew` makes a new one, and the old one
    /// opens nothing any more.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for a table that is not registered.
    pub async fn table_link(
        &self,
        outlet: &str,
        id: &str,
        renew: bool,
        by: &Actor,
    ) -> Result<(Table, String), StoreError> {
        let (outlet, id, by) = (OutletId::from(outlet), id.to_owned(), by.clone());
        let link = move |desk: &mut Desk<'_>| {
            let table: Option<Table> = house::get(desk.conn, List::Tables, &outlet, &id)?;
            let Some(table) = table else {
                return Err(StoreError::NotFound { what: "table", id });
            };
            if let Some(secret) = house::link(desk.conn, &outlet, &id)?.filter(|_| !renew) {
                return Ok((table, secret));
            }
            let secret = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>());
            house::put_link(desk.conn, &outlet, &id, &secret)?;
            deeds::audit(
                desk,
                &outlet,
                &by,
                format!("the link of table {} was made anew", table.number),
            )?;
            Ok((table, secret))
        };
        self.inner.clerk.call(link).await
    }

    /// The outlet and the table of a link's secret.
    ///
    /// # Errors
    /// What the database says.
    pub async fn table_of_link(&self, secret: &str) -> Result<Option<(String, Table)>, StoreError> {
        let secret = secret.to_owned();
        let read = move |conn: &rusqlite::Connection| {
            let Some((outlet, id)) = house::linked(conn, &secret)? else {
                return Ok(None);
            };
            let table = house::get(conn, List::Tables, &outlet, &id)?;
            Ok(table.map(|table| (outlet, table)))
        };
        self.inner.readers.read(read).await
    }
}
