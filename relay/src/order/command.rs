//! What a caller may ask, checked at the door.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize, Serializer};

use super::model::{Customer, Id, ItemStatus, Modifier, OrderType, PaymentStatus, Priority, Status, money};

/// Most of one item in one line.
pub const MAX_QUANTITY: u32 = 9_999;

/// A role (DIALECTS.md, "Who may do what").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the field's own")]
pub enum Role {
    Pos,
    Waiter,
    Kitchen,
    Bar,
    Cashier,
    Manager,
    Guest,
    Agent,
}

impl Role {
    /// Whether it may move an order to that status, and so take that move back (DIALECTS.md, "Whoever
    /// may set a status may undo it").
    #[must_use]
    pub fn may_set(self, status: Status) -> bool {
        match self {
            Self::Manager | Self::Pos | Self::Cashier => true,
            Self::Waiter => matches!(status, Status::Confirmed | Status::Served),
            Self::Kitchen | Self::Bar => {
                matches!(status, Status::Preparing | Status::Ready | Status::Completed)
            }
            Self::Guest | Self::Agent => false,
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The role.
    pub role: Role,
    /// The token's subject.
    pub subject: String,
}

/// An order as a caller gave it, checked (field names, types, ranges).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "as in `Order`")]
pub struct NewOrder {
    pub id: Option<Id>,
    pub order_type: OrderType,
    pub source: Option<String>,
    pub table_id: Option<String>,
    pub table_number: Option<String>,
    pub area_code: Option<String>,
    pub customer: Option<Customer>,
    pub waiter: Option<String>,
    pub items: Vec<NewItem>,
    #[serde(serialize_with = "maybe_money")]
    pub total_amount: Option<Decimal>,
    #[serde(with = "money")]
    pub discount: Decimal,
    #[serde(with = "money")]
    pub tax: Decimal,
    pub payment_method: Option<String>,
    pub payment_status: Option<PaymentStatus>,
    pub is_open_bill: bool,
    pub priority: Priority,
    pub session: Option<String>,
}

/// An item as a caller gave it, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "as in `Item`")]
pub struct NewItem {
    pub id: Option<String>,
    pub menu_item_id: Option<String>,
    pub name: String,
    pub quantity: u32,
    #[serde(with = "money")]
    pub unit_price: Decimal,
    pub workstation: Option<String>,
    pub main_category: Option<String>,
    pub modifiers: Vec<Modifier>,
    pub notes: Option<String>,
    pub allergens: Vec<String>,
    pub course: Option<u32>,
}

/// What may be asked of one order. `Create` makes it, the others name it by `Id::key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields say it")]
pub enum Command {
    Create(Box<NewOrder>),
    SetStatus {
        status: Status,
    },
    SetPriority {
        priority: Priority,
    },
    MoveTable {
        table_number: String,
        table_id: Option<String>,
    },
    AddItems {
        items: Vec<NewItem>,
    },
    SetItemStatus {
        item: String,
        status: ItemStatus,
    },
    SetItemQuantity {
        item: String,
        quantity: u32,
    },
    CancelRequest {
        reason: String,
        staff_id: Option<String>,
    },
    CancelAccept,
    CancelReject {
        reason: String,
    },
    Cancel {
        reason: String,
    },
    Acknowledge {
        chef_id: Option<String>,
        chef_name: Option<String>,
    },
    AssignStation {
        station_id: String,
        station_name: Option<String>,
    },
    Pay {
        #[serde(with = "money")]
        amount: Decimal,
        method: Option<String>,
    },
    Reprint {
        station: Option<String>,
    },
    Receipt,
}

/// Why a command was refused; the order is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 422 `VALIDATION_ERROR`.
    #[error("{message}")]
    Invalid {
        /// The field at fault, such as `items[2].quantity`.
        field: String,
        /// What is wrong and what to do; names the field.
        message: String,
    },
    /// 404 `NOT_FOUND`.
    #[error("there is no {what} {id}")]
    NotFound {
        /// `order`, `item`, …
        what: &'static str,
        /// Which.
        id: String,
    },
    /// 409 `CONFLICT`.
    #[error("{0}")]
    Conflict(String),
    /// 403 `FORBIDDEN`.
    #[error("{0}")]
    Forbidden(String),
    /// 422 `ITEM_UNAVAILABLE`.
    #[error("{name} is switched off in the menu; take it off the order")]
    Unavailable {
        /// The item's name.
        name: String,
        /// The field at fault.
        field: String,
    },
}

fn maybe_money<S: Serializer>(amount: &Option<Decimal>, to: S) -> Result<S::Ok, S::Error> {
    match amount {
        Some(amount) => money::serialize(amount, to),
        None => to.serialize_none(),
    }
}
