"""What every layer stands on: errors, configuration, storage, manifests, progress, device. Imports nothing of Erya."""
