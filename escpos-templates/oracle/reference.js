// Answers each line of stdin, {doc, cpl, encoding} as JSON, with {text, letters}: the reference's text output and the
// letters of its SVG in order, blanks left out. With {…, command} the answer is {bytes} in hexadecimal: what it sends to a
// printer of that language.
const { transform } = require('receiptline');
const readline = require('node:readline');

const entities = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&#xa0;': '', '&quot;': '"' };
const letters = svg =>
  [...svg.matchAll(/<tspan[^>]*>([^]*?)<\/tspan>/g)]
    .map(m => m[1].replace(/&[a-z#0-9]+;/g, e => entities[e] ?? e))
    .join('')
    .replace(/\s/gu, '');

readline.createInterface({ input: process.stdin, terminal: false }).on('line', line => {
  const { doc, cpl, encoding, command } = JSON.parse(line);
  const options = { cpl, encoding, spacing: false };
  let answer;
  try {
    answer = command ? { bytes: Buffer.from(transform(doc, { ...options, command }), 'latin1').toString('hex') } :
      { text: transform(doc, { ...options, command: 'text' }), letters: letters(transform(doc, { ...options, command: 'svg' })) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
});
