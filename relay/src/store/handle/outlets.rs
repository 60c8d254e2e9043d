//! Outlets, their settings, their printers, and who did what.

use jiff::tz::TimeZone;
use protocol::frames::{PrinterInfo, PrinterStatus};

use super::Store;
use crate::order::Actor;
use crate::routing::Settings;
use crate::store::desk::{Desk, Outcome};
use crate::store::sql::{events, outlets, stations};
use crate::store::{AuditFilter, Audited, Outlet, OutletId, Printer, StoreError, transact};

impl Store {
    /// Adds an outlet with the default settings in its time zone; `false` where there is one of that id,
    /// which stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for an empty id or an unknown time zone.
    pub async fn add_outlet(&self, outlet: Outlet) -> Result<bool, StoreError> {
        if outlet.id.trim().is_empty() {
            return Err(StoreError::Invalid("`id` is empty; give the outlet an id".into()));
        }
        let settings = Settings {
            timezone: outlet.timezone.clone(),
            ..Settings::default()
        };
        check(&settings)?;
        let settings = serde_json::to_string(&settings)?;
        self.inner
            .clerk
            .call(move |desk| Ok(outlets::insert(desk.conn, &outlet, &settings)?))
            .await
    }

    /// Every outlet, by id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn outlets(&self) -> Result<Vec<Outlet>, StoreError> {
        self.inner.readers.read(|conn| Ok(outlets::all(conn)?)).await
    }

    /// An outlet.
    ///
    /// # Errors
    /// What the database says.
    pub async fn outlet(&self, id: &str) -> Result<Option<Outlet>, StoreError> {
        let id = id.to_owned();
        let row = self
            .inner
            .readers
            .read(move |conn| Ok(outlets::get(conn, &id)?))
            .await?;
        Ok(row.map(|(outlet, _)| outlet))
    }

    /// An outlet's settings.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn settings(&self, outlet: &str) -> Result<Settings, StoreError> {
        let id = outlet.to_owned();
        let row = self
            .inner
            .readers
            .read(move |conn| Ok(outlets::get(conn, &id)?))
            .await?;
        let (_, json) = row.ok_or_else(|| missing(outlet))?;
        Ok(serde_json::from_str(&json)?)
    }

    /// Replaces an outlet's settings; orders that come after it follow them.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or [`StoreError::Invalid`] for an unknown time zone.
    pub async fn put_settings(&self, outlet: &str, settings: Settings, by: &Actor) -> Result<(), StoreError> {
        check(&settings)?;
        let (outlet, who) = (outlet.to_owned(), transact::who(by));
        self.inner
            .clerk
            .call(move |desk| put_settings(desk, &outlet, &settings, who))
            .await
    }

    /// What a device said of its printers when it registered.
    ///
    /// # Errors
    /// What the clerk says.
    pub async fn printer_infos(
        &self,
        outlet: &str,
        device: &str,
        infos: Vec<PrinterInfo>,
    ) -> Result<(), StoreError> {
        let (outlet, device) = (outlet.to_owned(), device.to_owned());
        let put = move |desk: &mut Desk<'_>| {
            for info in &infos {
                stations::put_printer_info(desk.conn, &outlet, &device, info, desk.now)?;
            }
            Ok(())
        };
        self.inner.clerk.call(put).await
    }

    /// What a printer says of itself.
    ///
    /// # Errors
    /// What the clerk says.
    pub async fn printer_status(
        &self,
        outlet: &str,
        device: &str,
        status: PrinterStatus,
    ) -> Result<(), StoreError> {
        let (outlet, device) = (outlet.to_owned(), device.to_owned());
        let put = move |desk: &mut Desk<'_>| {
            stations::put_printer_status(desk.conn, &outlet, &device, &status, desk.now)
        };
        self.inner.clerk.call(put).await
    }

    /// Every printer that an agent of the outlet told of.
    ///
    /// # Errors
    /// What the database says.
    pub async fn printers(&self, outlet: &str) -> Result<Vec<Printer>, StoreError> {
        let outlet = outlet.to_owned();
        self.inner
            .readers
            .read(move |conn| Ok(stations::printers(conn, &outlet)?))
            .await
    }

    /// Writes down who did what, in words for a person; never a token.
    ///
    /// # Errors
    /// What the clerk says.
    pub async fn audit(&self, outlet: &str, by: &Actor, what: &str) -> Result<(), StoreError> {
        let (outlet, who, what) = (OutletId::from(outlet), transact::who(by), what.to_owned());
        let put = move |desk: &mut Desk<'_>| {
            Ok(events::audit(
                desk.conn,
                &outlet,
                &desk.new_id(),
                &Audited {
                    at: desk.now,
                    who,
                    what,
                },
            )?)
        };
        self.inner.clerk.call(put).await
    }

    /// The newest lines of the audit, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn audited(&self, outlet: &str, limit: usize) -> Result<Vec<Audited>, StoreError> {
        let filter = AuditFilter {
            limit,
            ..AuditFilter::default()
        };
        Ok(self.audit_page(outlet, filter).await?.items)
    }
}

fn put_settings(desk: &mut Desk<'_>, outlet: &str, settings: &Settings, who: String) -> Outcome<()> {
    if !outlets::put_settings(desk.conn, outlet, &serde_json::to_string(settings)?)? {
        return Err(missing(outlet));
    }
    desk.books.forget_settings(outlet);
    let line = Audited {
        at: desk.now,
        who,
        what: "the settings were changed".into(),
    };
    Ok(events::audit(desk.conn, outlet, &desk.new_id(), &line)?)
}

fn missing(outlet: &str) -> StoreError {
    StoreError::NotFound {
        what: "outlet",
        id: outlet.to_owned(),
    }
}

fn check(settings: &Settings) -> Result<(), StoreError> {
    let zone = &settings.timezone;
    TimeZone::get(zone).map(|_| ()).map_err(|_| {
        StoreError::Invalid(format!(
            "`timezone` is {zone}, which no zone is called; write one such as Asia/Jakarta or UTC"
        ))
    })
}
