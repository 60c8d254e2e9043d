//! Sockets that stay: plain WebSockets and Socket.IO.

pub mod websocket;
