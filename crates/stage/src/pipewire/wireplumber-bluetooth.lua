-- WirePlumber 0.4 reads this. It would ask logind, which is not there.
bluez_monitor.enabled = false
