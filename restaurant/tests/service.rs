//! An evening's service, from the order to the paper, over real sockets.

#![expect(clippy::indexing_slicing, reason = "JSON answers null for what is not there")]

use anyhow::Result;
use restaurant::{House, Options};
use serde_json::{Value, json};

fn order(table: &str, items: &[Value]) -> Value {
    json!({"orderType": "dine-in", "paymentMethod": "cash", "tableNumber": table, "items": items})
}

fn dish(name: &str, quantity: u32) -> Value {
    json!({"id": name, "name": name, "quantity": quantity, "unitPrice": 10, "workstation": "kitchen"})
}

fn drink(name: &str) -> Value {
    json!({"id": name, "name": name, "quantity": 1, "unitPrice": 4, "mainCategory": "beverage"})
}

async fn open() -> Result<House> {
    House::open(Options::default()).await
}

#[tokio::test]
async fn food_goes_to_the_kitchen_and_drinks_to_the_bar_of_their_area() -> Result<()> {
    let house = open().await?;
    house
        .order("A-17", order("A1", &[dish("Margherita", 2), drink("Lemonade")]))
        .await?;
    house.order("K-18", order("K1", &[drink("Espresso")])).await?;
    house.kitchen().prints("Margherita").await?;
    house.front_bar().prints("Lemonade").await?;
    house.back_bar().prints("Espresso").await?;
    assert_eq!(house.kitchen().count("Lemonade"), 0);
    assert_eq!(house.front_bar().count("Espresso"), 0);
    assert_eq!(house.front_bar().count("Margherita"), 0);
    house.close().await
}

#[tokio::test]
async fn a_ticket_waits_for_paper_and_prints_once() -> Result<()> {
    let house = open().await?;
    house.kitchen().take_paper();
    let answer = house.order("A-17", order("A1", &[dish("Margherita", 1)])).await?;
    let job = answer["jobs"][0]["id"].as_str().unwrap_or_default().to_owned();
    state_becomes(&house, &job, "held").await?;
    house.kitchen().load_paper();
    house.kitchen().prints("Margherita").await?;
    state_becomes(&house, &job, "printed").await?;
    assert_eq!(house.kitchen().count("Margherita"), 1);
    house.close().await
}

#[tokio::test]
async fn an_item_added_prints_alone_and_one_cancelled_prints_a_void() -> Result<()> {
    let house = open().await?;
    house
        .order("A-17", order("A1", &[dish("Margherita", 1), dish("Calzone", 1)]))
        .await?;
    house.kitchen().prints("Calzone").await?;
    let call = |method, path: &'static str, body| {
        let client = house.client();
        async move { client.call(method, path, Some(&body)).await }
    };
    let added = call(
        "POST",
        "/api/orders/A-17/items",
        json!({"items": [dish("Tiramisu", 3)]}),
    )
    .await?;
    assert!(added.is_success(), "{}", added.text());
    let add = house.kitchen().prints("Tiramisu").await?;
    assert!(!add.text.contains("Margherita"), "{}", add.text);
    let cancelled = call(
        "PATCH",
        "/api/orders/A-17/items/Calzone",
        json!({"status": "cancelled"}),
    )
    .await?;
    assert!(cancelled.is_success(), "{}", cancelled.text());
    let void = house.kitchen().prints("VOID").await?;
    assert!(
        void.text.contains("Calzone") && !void.text.contains("Margherita"),
        "{}",
        void.text
    );
    house.close().await
}

#[tokio::test]
async fn what_no_rule_matches_prints_in_the_kitchen_and_says_so() -> Result<()> {
    let house = open().await?;
    let candles = json!({"name": "Candles", "quantity": 1, "unitPrice": 0, "workstation": "front desk"});
    house.order("A-17", order("A1", &[candles])).await?;
    let paper = house.kitchen().prints("Candles").await?;
    assert!(paper.text.contains("UNROUTED"), "{}", paper.text);
    house.close().await
}

#[tokio::test]
async fn an_order_sent_twice_prints_once() -> Result<()> {
    let house = open().await?;
    let first = house.order("A-17", order("A1", &[dish("Margherita", 1)])).await?;
    let again = house.order("A-17", order("A1", &[dish("Margherita", 1)])).await?;
    assert_eq!(first, again);
    house
        .order("A-18", order("A1", &[dish("The last one", 1)]))
        .await?;
    house.kitchen().prints("The last one").await?;
    assert_eq!(house.kitchen().count("Margherita"), 1);
    house.close().await
}

async fn state_becomes(house: &House, job: &str, state: &str) -> Result<()> {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let shown = house.client().get(&format!("/api/jobs/{job}")).await?.json();
        if shown["state"] == state {
            return Ok(());
        }
        anyhow::ensure!(
            tokio::time::Instant::now() < deadline,
            "the job never became {state}: {shown}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
