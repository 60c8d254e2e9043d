//! Template to ESC/POS for an order of eight items, and shaped rows of scripts that printers have no letters for.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use escpos_templates::{Options, Renderer};
use std::hint::black_box;

fn tickets(c: &mut Criterion) {
    let renderer = Renderer::builtin();
    let options = Options::new(renderer.profile("epson-tm-t88").unwrap());
    let event: serde_json::Value = serde_json::from_str(include_str!("events.json")).unwrap();
    let mut group = c.benchmark_group("ticket");
    group.throughput(Throughput::Elements(1));
    group.bench_function("kitchen, 8 items, to ESC/POS", |b| {
        b.iter(|| renderer.render(black_box(&event), &options).escpos());
    });
    group.finish();
}

fn markup(c: &mut Criterion) {
    let renderer = Renderer::builtin();
    let options = Options::new(renderer.profile("epson-tm-t88").unwrap());
    let source = include_str!("kitchen.receipt.txt");
    let mut group = c.benchmark_group("markup");
    group.throughput(Throughput::Elements(1));
    group.bench_function("the same ticket's markup to ESC/POS", |b| {
        b.iter(|| renderer.render_markup(black_box(source), &options).escpos());
    });
    group.finish();
}

/// Rows in Thai, Arabic, Hebrew and Hindi: with the crate's own fonts.
fn shaped(c: &mut Criterion) {
    let renderer = Renderer::builtin();
    let options = Options::new(renderer.profile("generic-80").unwrap());
    let source = [
        "|ผัดไทยกุ้งสด ไม่ใส่ถั่ว",
        "|بدون بصل من فضلك",
        "|ללא בצל בבקשה",
        "|बिना प्याज के पनीर",
    ]
    .repeat(25)
    .join("\n");
    let mut group = c.benchmark_group("raster");
    group.throughput(Throughput::Elements(100));
    group.bench_function("100 shaped rows to ESC/POS, warm", |b| {
        b.iter(|| renderer.render_markup(black_box(&source), &options).escpos());
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30).measurement_time(std::time::Duration::from_secs(3));
    targets = tickets, markup, shaped
}
criterion_main!(benches);
