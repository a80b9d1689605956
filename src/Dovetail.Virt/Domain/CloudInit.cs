using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Dovetail.Api.KubeVirt;
using Dovetail.LauncherApi;

namespace Dovetail.Virt.Domain;

/// <summary>User data and network data of a cloud-init volume, as bytes; null where the user gives none.</summary>
public sealed record CloudInitData(byte[]? UserData, byte[]? NetworkData);

/// <summary>
/// The files of cloud-init's data sources: NoCloud (https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html) and
/// ConfigDrive (…/datasources/configdrive.html). The instance id is the guest's name: a guest that is started again is the same instance.
/// </summary>
public static class CloudInit
{
    public const string NoCloudLabel = "cidata";
    public const string ConfigDriveLabel = "config-2";

    /// <summary>Keys of a Secret that holds user data; the first that is there counts.</summary>
    public static ImmutableArray<string> UserDataKeys { get; } = ["userdata", "userData"];

    public static ImmutableArray<string> NetworkDataKeys { get; } = ["networkdata", "networkData"];

    public static ImmutableArray<GuestFile> NoCloud(VirtualMachineInstance vmi, CloudInitData data)
    {
        var files = ImmutableArray.CreateBuilder<GuestFile>();
        files.Add(new("meta-data", MetaData(json =>
        {
            json.WriteString("instance-id", InstanceId(vmi));
            json.WriteString("local-hostname", GuestIdentity.Hostname(vmi));
        })));

        // Without user-data the data source does not count as one.
        files.Add(new("user-data", data.UserData ?? []));
        if (data.NetworkData is { } network) files.Add(new("network-config", network));
        return files.ToImmutable();
    }

    public static ImmutableArray<GuestFile> ConfigDrive(VirtualMachineInstance vmi, CloudInitData data)
    {
        var files = ImmutableArray.CreateBuilder<GuestFile>();
        files.Add(new("openstack/latest/meta_data.json", MetaData(json =>
        {
            json.WriteString("instance_id", InstanceId(vmi));
            json.WriteString("hostname", GuestIdentity.Hostname(vmi));
            json.WriteString("uuid", GuestIdentity.FirmwareUuid(vmi));
        })));
        if (data.UserData is { } user) files.Add(new("openstack/latest/user_data", user));
        if (data.NetworkData is { } network) files.Add(new("openstack/latest/network_data.json", network));
        return files.ToImmutable();
    }

    /// <summary>The data that the volume itself carries, inline or in base64; null where it comes from a Secret or from nowhere.</summary>
    /// <exception cref="FormatException">A base64 field does not hold base64.</exception>
    public static CloudInitData Inline(ICloudInitSource source) => new(Inline(source.UserData, source.UserDataBase64), Inline(source.NetworkData, source.NetworkDataBase64));

    private static byte[]? Inline(string? text, string? base64) =>
        text is { Length: > 0 } ? Encoding.UTF8.GetBytes(text) : base64 is { Length: > 0 } ? Convert.FromBase64String(base64) : null;

    private static string InstanceId(VirtualMachineInstance vmi) => $"{vmi.Metadata.Name}.{vmi.Metadata.NamespaceProperty}";

    /// <summary>JSON is YAML, so it does for NoCloud too and needs no escaping rules of its own.</summary>
    private static byte[] MetaData(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
