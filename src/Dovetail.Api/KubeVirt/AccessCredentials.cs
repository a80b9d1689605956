using Dovetail.Api.Schemas;

namespace Dovetail.Api.KubeVirt;

public sealed class AccessCredential
{
    public SSHPublicKeyAccessCredential? SshPublicKey { get; set; }
    public UserPasswordAccessCredential? UserPassword { get; set; }
}

public sealed class AccessCredentialSecretSource
{
    [Required] public string? SecretName { get; set; }
}

public sealed class ConfigDriveSSHPublicKeyAccessCredentialPropagation;

public sealed class NoCloudSSHPublicKeyAccessCredentialPropagation;

public sealed class QemuGuestAgentSSHPublicKeyAccessCredentialPropagation
{
    [Required, ListSet] public IList<string>? Users { get; set; }
}

public sealed class QemuGuestAgentUserPasswordAccessCredentialPropagation;

public sealed class SSHPublicKeyAccessCredential
{
    [Required] public SSHPublicKeyAccessCredentialPropagationMethod? PropagationMethod { get; set; }
    [Required] public SSHPublicKeyAccessCredentialSource? Source { get; set; }
}

public sealed class SSHPublicKeyAccessCredentialPropagationMethod
{
    public ConfigDriveSSHPublicKeyAccessCredentialPropagation? ConfigDrive { get; set; }
    public NoCloudSSHPublicKeyAccessCredentialPropagation? NoCloud { get; set; }
    public QemuGuestAgentSSHPublicKeyAccessCredentialPropagation? QemuGuestAgent { get; set; }
}

public sealed class SSHPublicKeyAccessCredentialSource
{
    public AccessCredentialSecretSource? Secret { get; set; }
}

public sealed class UserPasswordAccessCredential
{
    [Required] public UserPasswordAccessCredentialPropagationMethod? PropagationMethod { get; set; }
    [Required] public UserPasswordAccessCredentialSource? Source { get; set; }
}

public sealed class UserPasswordAccessCredentialPropagationMethod
{
    public QemuGuestAgentUserPasswordAccessCredentialPropagation? QemuGuestAgent { get; set; }
}

public sealed class UserPasswordAccessCredentialSource
{
    public AccessCredentialSecretSource? Secret { get; set; }
}
