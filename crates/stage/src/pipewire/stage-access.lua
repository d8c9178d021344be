-- What programs may do that are not the stage's own: everything but make objects inside the server,
-- where a factory would load plugins for them. Their own nodes, and links, they make as anywhere.
local for_all = { ["client-node"] = true, ["link-factory"] = true }

factories = ObjectManager { Interest { type = "factory" } }
clients = ObjectManager {
  Interest { type = "client", Constraint { "pipewire.access", "=", "stage", type = "pw" } },
}

clients:connect("object-added", function (_, client)
  local permissions = { ["any"] = "all" }
  for factory in factories:iterate() do
    if not for_all[factory.properties["factory.name"]] then
      permissions[factory["bound-id"]] = ""
    end
  end
  client:update_permissions(permissions)
end)

-- Without the factories' ids nobody is let in.
factories:connect("installed", function () clients:activate() end)
factories:activate()
