using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.BuiltIn.Validation;

/// <summary>Where a container sees the pod's volumes, as folders or as block devices.</summary>
internal static class MountRules
{
    public static void Check(FieldScope container, Dictionary<string, FieldScope> volumes)
    {
        CheckMounts(container, volumes);
        CheckDevices(container, volumes);
    }

    private static void CheckMounts(FieldScope container, Dictionary<string, FieldScope> volumes)
    {
        var devices = container.Object.Objects("volumeDevices").ToArray();
        var places = new HashSet<string>(StringComparer.Ordinal);
        foreach (var mount in container.Each("volumeMounts"))
        {
            var (name, place) = (mount.Text("name"), mount.Text("mountPath"));
            if (name.Length == 0)
                mount.Required("name");
            if (!volumes.ContainsKey(name))
                mount.Causes.Add(FieldErrors.NotFound(mount.At("name"), name));
            if (place.Length == 0)
                mount.Required("mountPath");
            if (!places.Add(place))
                mount.Invalid("mountPath", place, "must be unique");
            if (devices.Any(d => d.Text("name") == name))
                mount.Invalid("name", "must not already exist in volumeDevices");
            if (devices.Any(d => d.Text("devicePath") == place))
                mount.Invalid("mountPath", "must not already exist as a path in volumeDevices");
            CheckSubPaths(container, mount);
            CheckPropagation(container, mount);
        }
    }

    /// <summary>Upstream names these without the mount's index.</summary>
    private static void CheckSubPaths(FieldScope container, FieldScope mount)
    {
        var list = container.At("volumeMounts");
        if (mount.Text("subPath") is { Length: > 0 } sub)
            Relative(mount, $"{list}.subPath", sub);
        if (mount.Text("subPathExpr") is not { Length: > 0 } expression)
            return;
        if (mount.Text("subPath").Length > 0)
            mount.Invalid("subPathExpr", "subPathExpr and subPath are mutually exclusive");
        Relative(mount, $"{list}.subPathExpr", expression);
    }

    private static void Relative(FieldScope mount, string path, string value)
    {
        if (value.StartsWith('/'))
            mount.Causes.Add(FieldErrors.Invalid(path, value, "must be a relative path"));
        if (VolumeRules.Backsteps(value) is { } wrong)
            mount.Causes.Add(FieldErrors.Invalid(path, value, wrong));
    }

    private static void CheckPropagation(FieldScope container, FieldScope mount)
    {
        var propagation = mount.Text("mountPropagation");
        var path = container.At("volumeMounts.mountPropagation");
        if (mount.Has("mountPropagation"))
        {
            if (propagation is not ("Bidirectional" or "HostToContainer" or "None"))
                mount.Causes.Add(FieldErrors.NotSupported(path, propagation, ["Bidirectional", "HostToContainer", "None"]));
            if (propagation == "Bidirectional" && container.Object.Child("securityContext")?.IsTrue("privileged") != true)
                mount.Causes.Add(FieldErrors.Forbidden(path, "Bidirectional mount propagation is available only to privileged containers"));
        }
        if (!mount.Has("recursiveReadOnly") || mount.Text("recursiveReadOnly") == "Disabled")
            return;
        path = container.At("volumeMounts.recursiveReadOnly");
        if (mount.Text("recursiveReadOnly") is not ("Enabled" or "IfPossible"))
        {
            mount.Causes.Add(FieldErrors.NotSupported(path, mount.Text("recursiveReadOnly"), ["Disabled", "Enabled", "IfPossible"]));
            return;
        }
        if (!mount.IsTrue("readOnly"))
            mount.Causes.Add(FieldErrors.Forbidden(path, "may only be specified when readOnly is true"));
        if (propagation is not ("" or "None"))
            mount.Causes.Add(FieldErrors.Forbidden(path, "may only be specified when mountPropagation is None or not specified"));
    }

    private static void CheckDevices(FieldScope container, Dictionary<string, FieldScope> volumes)
    {
        var mounts = container.Object.Objects("volumeMounts").ToArray();
        var (names, places) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var device in container.Each("volumeDevices"))
        {
            var (name, place) = (device.Text("name"), device.Text("devicePath"));
            if (name.Length == 0)
                device.Required("name");
            if (names.Contains(name))
                device.Invalid("name", "must be unique");
            if (!volumes.TryGetValue(name, out var volume))
                device.Causes.Add(FieldErrors.NotFound(device.At("name"), name));
            else if (!volume.Has("persistentVolumeClaim") && !volume.Has("ephemeral"))
                device.Invalid("name", "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
            if (place.Length == 0)
                device.Required("devicePath");
            if (places.Contains(place))
                device.Invalid("devicePath", "must be unique");
            if (place.Length > 0 && VolumeRules.Backsteps(place) is { } wrong)
                device.Invalid("devicePath", wrong);
            else
                places.Add(place);
            if (mounts.Any(m => m.Text("name") == name))
                device.Invalid("name", "must not already exist in volumeMounts");
            if (mounts.Any(m => m.Text("mountPath") == place))
                device.Invalid("devicePath", "must not already exist as a path in volumeMounts");
            if (name.Length > 0)
                names.Add(name);
        }
    }
}
