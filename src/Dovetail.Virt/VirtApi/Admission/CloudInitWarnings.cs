using Dovetail.Api.KubeVirt;
using Dovetail.Machinery.Yaml;
using Dovetail.Virt.Domain;

namespace Dovetail.Virt.VirtApi.Admission;

/// <summary>
/// Cloud-init data that no cloud-init can read: it is handed to the guest as it is, as upstream does, but the user hears of it now and not from the guest's log. User data has many forms
/// (scripts, archives, templates); only what calls itself <c>#cloud-config</c> has to be YAML. Network data always has to.
/// </summary>
internal static class CloudInitWarnings
{
    private static ReadOnlySpan<byte> CloudConfig => "#cloud-config"u8;

    public static void Collect(VirtualMachineInstanceSpec spec, string at, List<string> warnings)
    {
        var volumes = spec.Volumes ?? [];
        for (var i = 0; i < volumes.Count; i++)
        {
            if (volumes[i].CloudInitNoCloud is { } noCloud) Collect(noCloud, $"{at}.volumes[{i}].cloudInitNoCloud", warnings);
            if (volumes[i].CloudInitConfigDrive is { } drive) Collect(drive, $"{at}.volumes[{i}].cloudInitConfigDrive", warnings);
        }
    }

    /// <summary>For data that validation has let pass: its base64 is sound.</summary>
    private static void Collect(ICloudInitSource source, string path, List<string> warnings)
    {
        var data = CloudInit.Inline(source);
        if (data.UserData is { } user && user.AsSpan().StartsWith(CloudConfig) && Fault(user) is { } unread)
            warnings.Add($"{path}: the user data is not a YAML mapping, so cloud-init will ignore it: {unread}");
        if (data.NetworkData is { } network && Fault(network) is { } unknown)
            warnings.Add($"{path}: the network data is not a YAML mapping, so cloud-init will ignore it: {unknown}");
    }

    private static string? Fault(byte[] data)
    {
        try
        {
            return YamlToJson.Convert(data) is [(byte)'{', ..] or [(byte)'n', ..] ? null : "it is a list or a single value";
        }
        catch (YamlFormatException e)
        {
            return e.Message;
        }
    }
}
