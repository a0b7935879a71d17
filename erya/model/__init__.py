"""Language models: layers written once, architectures composed of them, families that speak the ecosystem's names."""
