//! Tables, the menu, and tables' visits.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Store;
use crate::order::house::{MenuItem, Table, put_menu, put_table};
use crate::order::{Actor, Event, Refusal, Subject};
use crate::store::books::Counter;
use crate::store::desk::{Desk, Outcome};
use crate::store::sql::events;
use crate::store::sql::house::{self, List};
use crate::store::{Audited, OutletId, StoreError, Visit, deeds, told, transact};

/// Most tables, and most items of the menu, of one outlet: many times any restaurant's.
const MOST: i64 = 10_000;
/// How long a visit is remembered after its last order.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);

/// What may become of an entry: none where nothing changed, refused where the body cannot be.
type Put<T> = Result<Option<T>, Refusal>;

impl Store {
    /// The outlet's tables, by id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn tables(&self, outlet: &str) -> Result<Vec<Table>, StoreError> {
        self.listed(List::Tables, outlet).await
    }

    /// The outlet's menu, by id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn menu(&self, outlet: &str) -> Result<Vec<MenuItem>, StoreError> {
        self.listed(List::Menu, outlet).await
    }

    /// A table.
    ///
    /// # Errors
    /// What the database says.
    pub async fn table(&self, outlet: &str, id: &str) -> Result<Option<Table>, StoreError> {
        self.entry(List::Tables, outlet, id).await
    }

    /// An item of the menu.
    ///
    /// # Errors
    /// What the database says.
    pub async fn menu_item(&self, outlet: &str, id: &str) -> Result<Option<MenuItem>, StoreError> {
        self.entry(List::Menu, outlet, id).await
    }

    /// Creates or changes a table; what the body leaves out stays. One event where anything changed.
    ///
    /// # Errors
    /// What the clerk says; the inner result is the refusal of the body.
    pub async fn put_table(
        &self,
        outlet: &str,
        id: &str,
        body: Value,
        by: &Actor,
    ) -> Result<Result<Table, Refusal>, StoreError> {
        let change = move |id: &str, was: Option<&Table>, _: &Actor| put_table(id, was, &body);
        self.put(List::Tables, outlet, id, by, change, Subject::Table)
            .await
    }

    /// Creates or changes an item of the menu; what the body leaves out stays. One event where anything
    /// changed.
    ///
    /// # Errors
    /// What the clerk says; the inner result is the refusal of the body.
    pub async fn put_menu(
        &self,
        outlet: &str,
        id: &str,
        body: Value,
        by: &Actor,
    ) -> Result<Result<MenuItem, Refusal>, StoreError> {
        let change = move |id: &str, was: Option<&MenuItem>, by: &Actor| put_menu(id, was, &body, by.role);
        self.put(List::Menu, outlet, id, by, change, Subject::Menu).await
    }

    /// Takes a table away; its last event says `deleted`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_table(&self, outlet: &str, id: &str, by: &Actor) -> Result<(), StoreError> {
        self.delete::<Table>(List::Tables, outlet, id, by, Subject::Table)
            .await
    }

    /// Takes an item off the menu; its last event says `deleted`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_menu(&self, outlet: &str, id: &str, by: &Actor) -> Result<(), StoreError> {
        self.delete::<MenuItem>(List::Menu, outlet, id, by, Subject::Menu)
            .await
    }

    /// Opens a visit: the one of that name where it is open, else a new one. `token` is chosen here
    /// unless the caller has one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown outlet.
    pub async fn open_visit(
        &self,
        outlet: &str,
        name: Option<String>,
        table_number: Option<String>,
        token: Option<String>,
        by: &Actor,
    ) -> Result<Visit, StoreError> {
        let (outlet, who) = (OutletId::from(outlet), transact::who(by));
        self.inner
            .clerk
            .call(move |desk| open(desk, &outlet, name, table_number, token, who))
            .await
    }

    /// The visit of this token, also one that is over.
    ///
    /// # Errors
    /// What the database says.
    pub async fn visit(&self, token: &str) -> Result<Option<Visit>, StoreError> {
        let token = token.to_owned();
        let read = move |conn: &rusqlite::Connection| Ok(house::visit_of(conn, &token)?);
        self.inner.readers.read(read).await
    }

    /// Ends a visit: its token opens nothing any more.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is none that is open.
    pub async fn close_visit(&self, outlet: &str, token: &str, by: &Actor) -> Result<(), StoreError> {
        let (outlet, token, who) = (outlet.to_owned(), token.to_owned(), transact::who(by));
        let close = move |desk: &mut Desk<'_>| {
            if !house::close_visit(desk.conn, &outlet, &token, desk.now)? {
                return Err(missing("session", "of that token"));
            }
            audit(desk, &outlet, who, "a table's visit was ended".to_owned())
        };
        self.inner.clerk.call(close).await
    }

    async fn listed<T: DeserializeOwned + Send + 'static>(
        &self,
        list: List,
        outlet: &str,
    ) -> Result<Vec<T>, StoreError> {
        let outlet = outlet.to_owned();
        let read = move |conn: &rusqlite::Connection| Ok(house::all(conn, list, &outlet)?);
        self.inner.readers.read(read).await
    }

    async fn entry<T: DeserializeOwned + Send + 'static>(
        &self,
        list: List,
        outlet: &str,
        id: &str,
    ) -> Result<Option<T>, StoreError> {
        let (outlet, id) = (outlet.to_owned(), id.to_owned());
        let read = move |conn: &rusqlite::Connection| Ok(house::get(conn, list, &outlet, &id)?);
        self.inner.readers.read(read).await
    }

    async fn put<T>(
        &self,
        list: List,
        outlet: &str,
        id: &str,
        by: &Actor,
        change: impl Fn(&str, Option<&T>, &Actor) -> Put<T> + Send + 'static,
        subject: fn(Value) -> Subject,
    ) -> Result<Result<T, Refusal>, StoreError>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let (outlet, id, by) = (OutletId::from(outlet), id.to_owned(), by.clone());
        let put = move |desk: &mut Desk<'_>| {
            let was: Option<T> = house::get(desk.conn, list, &outlet, &id)?;
            if was.is_none() && house::count(desk.conn, list, &outlet)? >= MOST {
                return Err(StoreError::Conflict(format!(
                    "there are {MOST} already; delete some first"
                )));
            }
            match change(&id, was.as_ref(), &by) {
                Err(refusal) => {
                    desk.refused = true;
                    Ok(Err(refusal))
                }
                Ok(None) => was.map(Ok).ok_or_else(|| missing("entry", &id)),
                Ok(Some(entry)) => {
                    house::put(desk.conn, list, &outlet, &id, &entry)?;
                    deeds::audit(desk, &outlet, &by, format!("{} {id} was set", word(list)))?;
                    tell(desk, &outlet, &by, subject(serde_json::to_value(&entry)?))?;
                    Ok(Ok(entry))
                }
            }
        };
        self.inner.clerk.call(put).await
    }

    async fn delete<T: Serialize + DeserializeOwned + Send + 'static>(
        &self,
        list: List,
        outlet: &str,
        id: &str,
        by: &Actor,
        subject: fn(Value) -> Subject,
    ) -> Result<(), StoreError> {
        let (outlet, id, by) = (OutletId::from(outlet), id.to_owned(), by.clone());
        let delete = move |desk: &mut Desk<'_>| {
            let was: T =
                house::get(desk.conn, list, &outlet, &id)?.ok_or_else(|| missing(word(list), &id))?;
            house::delete(desk.conn, list, &outlet, &id)?;
            deeds::audit(desk, &outlet, &by, format!("{} {id} was taken away", word(list)))?;
            let mut last = serde_json::to_value(&was)?;
            if let Value::Object(fields) = &mut last {
                fields.insert("deleted".to_owned(), Value::Bool(true));
            }
            tell(desk, &outlet, &by, subject(last))
        };
        self.inner.clerk.call(delete).await
    }
}

fn open(
    desk: &mut Desk<'_>,
    outlet: &OutletId,
    name: Option<String>,
    table_number: Option<String>,
    token: Option<String>,
    who: String,
) -> Outcome<Visit> {
    let settings = desk.books.settings(desk.conn, outlet)?;
    if let Some(name) = &name
        && let Some(there) = house::visit_named(desk.conn, outlet, name)?
    {
        if there.is_open(desk.now, &settings) {
            return Ok(there);
        }
        house::close_visit(desk.conn, outlet, &there.token, desk.now)?;
    }
    let remembered = SignedDuration::try_from(REMEMBERED).unwrap_or(SignedDuration::MAX);
    if let Ok(before) = desk.now.checked_sub(remembered) {
        house::trim_visits(desk.conn, outlet, before)?;
    }
    let visit = Visit {
        outlet: outlet.to_string(),
        token: token.unwrap_or_else(|| URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>())),
        name,
        table_number,
        opened_at: desk.now,
        last_at: desk.now,
        closed_at: None,
    };
    house::insert_visit(desk.conn, &visit)?;
    let table = visit.table_number.as_deref().unwrap_or("none");
    audit(desk, outlet, who, format!("a visit was opened (table {table})"))?;
    Ok(visit)
}

fn tell(desk: &mut Desk<'_>, outlet: &OutletId, by: &Actor, subject: Subject) -> Outcome<()> {
    let seq = desk.books.next(desk.conn, outlet, Counter::Event)?;
    let event = Event {
        seq,
        at: desk.now,
        by: transact::who(by),
        subject,
    };
    told::record(desk, outlet, event, None).map(|_| ())
}

fn audit(desk: &Desk<'_>, outlet: &str, who: String, what: String) -> Outcome<()> {
    let line = Audited {
        at: desk.now,
        who,
        what,
    };
    Ok(events::audit(desk.conn, outlet, &desk.new_id(), &line)?)
}

fn word(list: List) -> &'static str {
    match list {
        List::Tables => "table",
        List::Menu => "menu item",
    }
}

fn missing(what: &'static str, id: &str) -> StoreError {
    StoreError::NotFound {
        what,
        id: id.to_owned(),
    }
}
