//! Ports to printers: each is `Read + Write` with time-outs.
