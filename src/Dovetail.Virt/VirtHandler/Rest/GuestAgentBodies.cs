using System.Buffers;
using System.Text.Json;
using Dovetail.LauncherApi;

namespace Dovetail.Virt.VirtHandler.Rest;

/// <summary>The guest agent's answers in KubeVirt's shapes (subresources.kubevirt.io). Answers come from inside the guest: what is malformed is left out.</summary>
internal static class GuestAgentBodies
{
    private const string ApiVersion = "subresources.kubevirt.io/v1";

    public static ReadOnlyMemory<byte> GuestOsInfo(DomainStatus status, string? answer) => Write("VirtualMachineInstanceGuestAgentInfo", json =>
    {
        var guest = status.Guest ?? new GuestInfo();
        json.WriteString("guestAgentVersion", guest.AgentVersion);
        json.WriteString("hostname", guest.Hostname);
        json.WriteString("timezone", guest.Timezone);
        json.WriteStartObject("os");
        json.WriteString("name", guest.OsName);
        json.WriteString("id", guest.OsId);
        json.WriteString("prettyName", guest.OsPrettyName);
        json.WriteString("version", guest.OsVersion);
        json.WriteString("versionId", guest.OsVersionId);
        json.WriteString("kernelRelease", guest.KernelRelease);
        json.WriteString("kernelVersion", guest.KernelVersion);
        json.WriteString("machine", guest.Machine);
        json.WriteEndObject();
    });

    /// <summary>From <c>guest-get-users</c>: <c>[{"user":"root","login-time":1763906400.5,"domain":"…"}]</c>.</summary>
    public static ReadOnlyMemory<byte> Users(string? answer) => List("VirtualMachineInstanceGuestOSUserList", answer, (json, user) =>
    {
        json.WriteString("userName", Text(user, "user"));
        if (Text(user, "domain") is { Length: > 0 } domain) json.WriteString("domain", domain);
        if (user.TryGetProperty("login-time", out var time) && time.ValueKind == JsonValueKind.Number) json.WriteNumber("loginTime", time.GetDouble());
    });

    /// <summary>From <c>guest-get-fsinfo</c>: <c>[{"name":"vda1","mountpoint":"/","type":"ext4","used-bytes":1,"total-bytes":2,"disk":[{"serial":"…","bus-type":"virtio"}]}]</c>.</summary>
    public static ReadOnlyMemory<byte> Filesystems(string? answer) => List("VirtualMachineInstanceFileSystemList", answer, (json, fs) =>
    {
        json.WriteString("diskName", Text(fs, "name"));
        json.WriteString("mountPoint", Text(fs, "mountpoint"));
        json.WriteString("fileSystemType", Text(fs, "type"));
        json.WriteNumber("usedBytes", Number(fs, "used-bytes"));
        json.WriteNumber("totalBytes", Number(fs, "total-bytes"));
        if (!fs.TryGetProperty("disk", out var disks) || disks.ValueKind != JsonValueKind.Array) return;
        json.WriteStartArray("disk");
        foreach (var disk in disks.EnumerateArray().Where(d => d.ValueKind == JsonValueKind.Object))
        {
            json.WriteStartObject();
            if (Text(disk, "serial") is { Length: > 0 } serial) json.WriteString("serial", serial);
            json.WriteString("busType", Text(disk, "bus-type"));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static ReadOnlyMemory<byte> List(string kind, string? answer, Action<Utf8JsonWriter, JsonElement> item) => Write(kind, json =>
    {
        json.WriteStartObject("metadata");
        json.WriteEndObject();
        json.WriteStartArray("items");
        using var parsed = JsonDocument.Parse(answer ?? "[]");
        if (parsed.RootElement.ValueKind == JsonValueKind.Array)
        {
            foreach (var element in parsed.RootElement.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.Object))
            {
                json.WriteStartObject();
                item(json, element);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    });

    private static ReadOnlyMemory<byte> Write(string kind, Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("kind", kind);
            json.WriteString("apiVersion", ApiVersion);
            content(json);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static string Text(JsonElement from, string name) => from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static long Number(JsonElement from, string name) => from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : 0;
}
