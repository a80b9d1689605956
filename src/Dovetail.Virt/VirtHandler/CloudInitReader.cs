using Dovetail.Api.KubeVirt;
using Dovetail.Runtime.Seam;
using Dovetail.Virt.Domain;

namespace Dovetail.Virt.VirtHandler;

/// <summary>The cloud-init data cannot be had; the reason is for the condition Synchronized.</summary>
internal sealed class CloudInitException(string reason, string message) : Exception(message)
{
    public string Reason { get; } = reason;
}

/// <summary>Collects a cloud-init volume's data from the spec and from Secrets.</summary>
internal static class CloudInitReader
{
    /// <exception cref="CloudInitException">A Secret or its key is missing, or a field holds no base64.</exception>
    public static async Task<CloudInitData> ReadAsync(IKubeApi api, string ns, ICloudInitSource source, CancellationToken ct)
    {
        CloudInitData inline;
        try
        {
            inline = CloudInit.Inline(source);
        }
        catch (FormatException e)
        {
            throw new CloudInitException("InvalidCloudInit", $"userDataBase64 or networkDataBase64 is not base64: {e.Message}");
        }

        return new(
            inline.UserData ?? await FromSecretAsync(api, ns, source.SecretRef?.Name, CloudInit.UserDataKeys, ct),
            inline.NetworkData ?? await FromSecretAsync(api, ns, source.NetworkDataSecretRef?.Name, CloudInit.NetworkDataKeys, ct));
    }

    private static async Task<byte[]?> FromSecretAsync(IKubeApi api, string ns, string? name, IReadOnlyList<string> keys, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(name)) return null;
        var secret = await api.FindAsync(BuiltInTypes.Secrets, ns, name, ct) ?? throw new CloudInitException("SecretNotFound", $"the Secret {ns}/{name} with cloud-init data does not exist: create it");
        foreach (var key in keys)
        {
            if (secret.Data?.TryGetValue(key, out var value) == true) return value;
        }

        throw new CloudInitException("SecretKeyNotFound", $"the Secret {ns}/{name} has none of the keys {string.Join(", ", keys)}: add one of them");
    }
}
