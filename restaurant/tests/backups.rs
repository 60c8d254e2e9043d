//! A station that is down lends its tickets to another agent's station, by the outlet's settings.

use std::time::Duration;

use anyhow::{Result, ensure};
use restaurant::{House, Options};
use serde_json::{Value, json};

fn order(items: &[Value]) -> Value {
    json!({"orderType": "dine-in", "paymentMethod": "cash", "tableNumber": "A1", "items": items})
}

fn dish(name: &str) -> Value {
    json!({"id": name, "name": name, "quantity": 1, "unitPrice": 10, "workstation": "kitchen"})
}

/// The bar at the front prints for the kitchen when that has been down for a second.
async fn open() -> Result<House> {
    let house = House::open(Options::default()).await?;
    // Every printer is known, so that none is taken for another.
    house.order("A-0", order(&[dish("Soup")])).await?;
    house.kitchen().prints("Soup").await?;
    Ok(house)
}

async fn back_up(house: &House) -> Result<()> {
    let backup = json!({"backup": "bar_depan", "backupAfterS": 1});
    let answer = house
        .client()
        .call("PUT", "/api/stations/kitchen", Some(&backup))
        .await?;
    ensure!(answer.is_success(), "{}", answer.text());
    Ok(())
}

async fn job(house: &House, id: &Value) -> Result<Value> {
    let id = id.as_str().unwrap_or_default();
    Ok(house.client().get(&format!("/api/jobs/{id}")).await?.json())
}

async fn becomes(house: &House, id: &Value, what: &str, is: impl Fn(&Value) -> bool) -> Result<Value> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        let job = job(house, id).await?;
        if is(&job) {
            return Ok(job);
        }
        ensure!(tokio::time::Instant::now() < deadline, "in vain: {what}: {job}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_station_whose_printer_is_down_prints_at_its_backup_and_comes_back() -> Result<()> {
    let house = open().await?;
    house.kitchen().take_paper();
    back_up(&house).await?;
    let first = house
        .order("A-1", order(&[dish("Margherita"), dish("Calzone")]))
        .await?;
    house.order("A-2", order(&[dish("Risotto")])).await?;
    let paper = house.front_bar().prints("Margherita").await?;
    ensure!(paper.text.contains("BACKUP FROM KITCHEN"), "{}", paper.text);
    ensure!(
        paper.text.contains("#2"),
        "the kitchen's own number: {}",
        paper.text
    );
    ensure!(!paper.text.contains("DUPLICATE"), "{}", paper.text);
    let second = house.front_bar().prints("Risotto").await?;
    ensure!(second.text.contains("#3"), "{}", second.text);
    let id = &first["jobs"][0]["id"];
    let printed = becomes(&house, id, "printed", |job| job["state"] == "printed").await?;
    ensure!(printed["printer"] == "bar_depan", "{printed}");
    house.kitchen().load_paper();
    // Until the kitchen's printer says that it is ready the backup still prints.
    tokio::time::sleep(Duration::from_secs(3)).await;
    house.order("A-3", order(&[dish("Lasagne")])).await?;
    let own = house.kitchen().prints("Lasagne").await?;
    ensure!(!own.text.contains("BACKUP"), "{}", own.text);
    // The bar has the order's ticket, so it gets the correction as well.
    let void = house
        .client()
        .call(
            "PATCH",
            "/api/orders/A-1/items/Calzone",
            Some(&json!({"status": "cancelled"})),
        )
        .await?;
    ensure!(void.is_success(), "{}", void.text());
    let void = house.front_bar().prints("VOID").await?;
    ensure!(
        void.text.contains("Calzone") && void.text.contains("BACKUP FROM KITCHEN"),
        "{}",
        void.text
    );
    for dish in ["Margherita", "Risotto", "VOID"] {
        ensure!(
            house.kitchen().count(dish) == 0,
            "{dish} came out in the kitchen too"
        );
    }
    ensure!(house.front_bar().count("Lasagne") == 0);
    house.close().await
}

#[tokio::test]
async fn a_station_whose_agent_is_gone_prints_at_its_backup_what_the_agent_never_had() -> Result<()> {
    let mut house = open().await?;
    back_up(&house).await?;
    house.switch_off("kitchen-pc").await?;
    house.order("A-1", order(&[dish("Margherita")])).await?;
    let paper = house.front_bar().prints("Margherita").await?;
    ensure!(paper.text.contains("BACKUP FROM KITCHEN"), "{}", paper.text);
    ensure!(
        !paper.text.contains("DUPLICATE"),
        "the agent cannot have it: {}",
        paper.text
    );
    house.switch_on("kitchen-pc")?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    house.order("A-2", order(&[dish("Risotto")])).await?;
    let own = house.kitchen().prints("Risotto").await?;
    ensure!(!own.text.contains("BACKUP"), "{}", own.text);
    ensure!(house.kitchen().count("Margherita") == 0);
    ensure!(house.front_bar().count("Risotto") == 0);
    house.close().await
}

#[tokio::test]
async fn what_an_unreachable_agent_has_is_never_printed_elsewhere_by_itself() -> Result<()> {
    let mut house = open().await?;
    house.kitchen().take_paper();
    let first = house.order("A-1", order(&[dish("Margherita")])).await?;
    let id = &first["jobs"][0]["id"];
    becomes(&house, id, "held", |job| job["state"] == "held").await?;
    house.switch_off("kitchen-pc").await?;
    back_up(&house).await?;
    house.order("A-2", order(&[dish("Risotto")])).await?;
    house.front_bar().prints("Risotto").await?;
    becomes(&house, id, "people are told", |job| {
        let detail = job["detail"].as_str().unwrap_or_default();
        job["state"] == "held" && detail.contains("cannot be reached")
    })
    .await?;
    ensure!(house.front_bar().count("Margherita") == 0);
    house.kitchen().load_paper();
    house.switch_on("kitchen-pc")?;
    let own = house.kitchen().prints("Margherita").await?;
    ensure!(
        !own.text.contains("BACKUP") && !own.text.contains("DUPLICATE"),
        "{}",
        own.text
    );
    ensure!(house.front_bar().count("Margherita") == 0);
    house.close().await
}
