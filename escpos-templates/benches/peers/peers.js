// Libraries of npm that make ESC/POS, each with the bench's ticket of eight items: `peers.js EVENT MARKUP SECONDS` prints a
// line of JSON for each, {name, tickets, bytes}: tickets a second on one core, bytes of one.
const { readFileSync } = require('node:fs');
const [eventFile, markupFile, seconds] = process.argv.slice(2);
const event = JSON.parse(readFileSync(eventFile, 'utf8'));
const markup = readFileSync(markupFile, 'utf8');
const COLUMNS = 42;

function measure(name, once) {
  const bytes = once().length;
  const until = performance.now() + 1000 * seconds;
  const warm = performance.now() + 500;
  while (performance.now() < warm) once();
  let tickets = 0;
  const begun = performance.now();
  while (performance.now() < until) {
    once();
    tickets++;
  }
  const rate = Math.round((1000 * tickets) / (performance.now() - begun));
  console.log(JSON.stringify({ name, tickets: rate, bytes }));
}

const receiptline = require('receiptline');
measure('npm receiptline 4.0.4, from the same markup', () =>
  Buffer.from(receiptline.transform(markup, { cpl: COLUMNS, encoding: 'multilingual', command: 'escpos' }), 'latin1'));

const { ThermalPrinter, PrinterTypes, CharacterSet } = require('node-thermal-printer');
measure('npm node-thermal-printer 4.6.1, from calls', () => {
  const p = new ThermalPrinter({ type: PrinterTypes.EPSON, width: COLUMNS, characterSet: CharacterSet.PC858_EURO, interface: 'tcp://127.0.0.1' });
  p.invert(true); p.setTextDoubleHeight(); p.leftRight(event.station.toUpperCase(), `#${event.job.number}`); p.invert(false);
  p.setTextQuadArea(); p.println(`TABLE ${event.table_number}`); p.println(event.order_number); p.setTextNormal();
  p.leftRight(`${event.order_type}, ${event.source}`, '19:42'); p.leftRight(event.waiter, 'Fri 20 Nov'); p.drawLine();
  for (const item of event.items) {
    p.bold(true); p.setTextDoubleHeight(); p.println(`${item.quantity}x ${item.name}`); p.setTextNormal(); p.bold(false);
    for (const modifier of item.modifiers) p.println(`   + ${modifier.name}`);
    if (item.notes) { p.invert(true); p.println(`   ${item.notes}`); p.invert(false); }
  }
  p.drawLine(); p.println(`13 items | job ${event.job.id.slice(-8)}`); p.cut();
  return p.getBuffer();
});

const Encoder = require('@point-of-sale/receipt-printer-encoder');
const ReceiptPrinterEncoder = Encoder.default ?? Encoder;
measure('npm @point-of-sale/receipt-printer-encoder 4.0.1, from calls', () => {
  const p = new ReceiptPrinterEncoder({ language: 'esc-pos', columns: COLUMNS }).initialize().codepage('cp858');
  p.invert(true).height(2).line(`${event.station.toUpperCase()}  #${event.job.number}`).invert(false);
  p.width(2).line(`TABLE ${event.table_number}`).line(event.order_number).width(1).height(1);
  p.line(`${event.order_type}, ${event.source}  19:42`).line(`${event.waiter}  Fri 20 Nov`).rule();
  for (const item of event.items) {
    p.bold(true).height(2).line(`${item.quantity}x ${item.name}`).height(1).bold(false);
    for (const modifier of item.modifiers) p.line(`   + ${modifier.name}`);
    if (item.notes) p.invert(true).line(`   ${item.notes}`).invert(false);
  }
  return p.rule().line(`13 items | job ${event.job.id.slice(-8)}`).cut('partial').encode();
});
