//! The canonical order (PRODUCT.md, "Orders, tickets, jobs").

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An id: the relay's (a `UUIDv7` as text) or the caller's, whose JSON type is kept. 17 and "17"
/// are the same id.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Id {
    /// A JSON string.
    Text(String),
    /// A JSON integer.
    Number(i64),
}

impl Id {
    /// The id as text: what keys, paths and comparisons use.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

impl Status {
    /// The canonical name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Preparing => "preparing",
            Self::Ready => "ready",
            Self::Served => "served",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Neither completed nor cancelled.
    #[must_use]
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Completed | Self::Cancelled)
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Id {}

/// An order's status (DIALECTS.md, "Canonical order status").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Taken, not yet confirmed.
    Pending,
    /// Confirmed.
    Confirmed,
    /// In the kitchen's hands; `cooking` on input.
    Preparing,
    /// On the pass.
    Ready,
    /// On the table.
    Served,
    /// Over; `done` on input.
    Completed,
    /// Withdrawn.
    Cancelled,
}

/// An item's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemStatus {
    /// Not begun.
    Pending,
    /// Being made.
    Preparing,
    /// Done.
    Ready,
    /// On the table.
    Served,
    /// Withdrawn.
    Cancelled,
}

/// How far an order is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Nothing.
    Unpaid,
    /// Under way.
    Pending,
    /// A part.
    Partial,
    /// In full.
    Paid,
    /// Given back.
    Refunded,
}

/// Where it is eaten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderType {
    /// At a table.
    DineIn,
    /// Taken away.
    Takeout,
    /// Brought to the guest.
    Delivery,
}

/// How urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// As usual.
    Normal,
    /// Before others.
    Express,
    /// Before all.
    Vip,
}

/// An order as the relay keeps it. `serde` gives the canonical JSON of PRODUCT.md; what is for the
/// relay alone is in [`Internal`], which is stored but never shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The order's id.
    pub id: Id,
    /// `ORD-YYYYMMDD-NNN` by the outlet's business day.
    pub order_number: String,
    /// Where it stands.
    pub status: Status,
    /// Where it is eaten.
    pub order_type: OrderType,
    /// Who sent it, such as `web` or `pos`.
    pub source: Option<String>,
    /// The table's id.
    pub table_id: Option<String>,
    /// The table's number as people say it.
    pub table_number: Option<String>,
    /// The upper-cased first letter of the table's number, where it starts with one.
    pub area_code: Option<String>,
    /// Who eats.
    pub customer: Option<Customer>,
    /// Who took the order.
    pub waiter: Option<String>,
    /// What is eaten, cancelled items included.
    pub items: Vec<Item>,
    /// Sum of the items with their modifiers, unless the caller gave it.
    #[serde(with = "money")]
    pub total_amount: Decimal,
    /// Taken off.
    #[serde(with = "money")]
    pub discount: Decimal,
    /// The caller's: the relay knows no tax rules.
    #[serde(with = "money")]
    pub tax: Decimal,
    /// `total_amount` − `discount` + `tax`.
    #[serde(with = "money")]
    pub final_amount: Decimal,
    /// Paid so far.
    #[serde(with = "money")]
    pub paid_amount: Decimal,
    /// `cash`, `online`, …
    pub payment_method: Option<String>,
    /// How far it is paid.
    pub payment_status: PaymentStatus,
    /// A bill that stays open.
    pub is_open_bill: bool,
    /// How urgent.
    pub priority: Priority,
    /// A request to cancel that nobody answered yet.
    pub cancel_request: Option<CancelRequest>,
    /// When it came in.
    pub created_at: Timestamp,
    /// When it was confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What the relay keeps of an order beside [`Order`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Internal {
    /// Printing was triggered (creation, confirmation or payment).
    pub triggered: bool,
    /// The status before the last move, and when that was: for one step back.
    pub before: Option<(Status, Timestamp)>,
    /// The table session it belongs to.
    pub session: Option<String>,
    /// When preparing began, for `prepTime`.
    pub preparing_since: Option<Timestamp>,
    /// A guest's order that prints only once somebody has confirmed it.
    pub waits: bool,
}

/// Who eats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Name.
    pub name: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// The item's id within the order.
    pub id: String,
    /// The menu's id.
    pub menu_item_id: Option<String>,
    /// What it is called.
    pub name: String,
    /// How many, 1 to [`crate::order::command::MAX_QUANTITY`].
    pub quantity: u32,
    /// Price of one.
    #[serde(with = "money")]
    pub unit_price: Decimal,
    /// The caller's workstation, such as `kitchen` or `bar`.
    pub workstation: Option<String>,
    /// The caller's category.
    pub main_category: Option<String>,
    /// Changes to it.
    pub modifiers: Vec<Modifier>,
    /// What the guest said.
    pub notes: Option<String>,
    /// What must not be in it.
    pub allergens: Vec<String>,
    /// Course, 1 first.
    pub course: Option<u32>,
    /// Where it stands.
    pub status: ItemStatus,
}

/// A change to an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modifier {
    /// What it is called.
    pub name: String,
    /// What it adds to the price of one.
    #[serde(with = "money")]
    pub price: Decimal,
}

/// A request to cancel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelRequest {
    /// Why.
    pub reason: String,
    /// Who asked.
    pub staff_id: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Money as an exact JSON number: written digit for digit, read from a number or a string.
pub mod money {
    use rust_decimal::Decimal;
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::value::RawValue;

    /// Writes the amount's own digits.
    ///
    /// # Errors
    /// None in practice: a decimal is always a JSON number.
    pub fn serialize<S: Serializer>(amount: &Decimal, to: S) -> Result<S::Ok, S::Error> {
        // Most amounts are whole, and a whole number has the same digits however it is written.
        if let (0, Ok(whole)) = (amount.scale(), i64::try_from(*amount)) {
            return to.serialize_i64(whole);
        }
        RawValue::from_string(amount.to_string())
            .map_err(S::Error::custom)?
            .serialize(to)
    }

    /// Reads a JSON number or a string.
    ///
    /// # Errors
    /// Where it is neither, or no decimal.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
        let value = serde_json::Value::deserialize(from)?;
        let text = match value {
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::String(text) => text,
            other => return Err(D::Error::custom(format!("{other} is no amount"))),
        };
        Decimal::from_str_exact(&text)
            .or_else(|_| Decimal::from_scientific(&text))
            .map_err(D::Error::custom)
    }
}

/// An amount as a JSON number, for payloads that are built as values. Amounts that came through the
/// door have at most 15 digits, so nothing is lost.
#[must_use]
pub fn amount(amount: Decimal) -> serde_json::Value {
    let number = serde_json::from_str::<serde_json::Number>(&amount.to_string());
    number.map_or(serde_json::Value::Null, serde_json::Value::Number)
}
