//! A whole restaurant in one process: the demo, and the harness of the end-to-end tests.
