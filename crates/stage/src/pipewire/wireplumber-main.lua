-- WirePlumber 0.4 reads this: no hardware, and who may do what.
alsa_monitor.enabled = false
v4l2_monitor.enabled = false
libcamera_monitor.enabled = false
default_access.properties["enable-flatpak-portal"] = false
load_script("stage-access.lua")
