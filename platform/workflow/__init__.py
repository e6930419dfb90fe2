"""What happens to records over time: state machines now; the catalog and the runtime never import it."""
