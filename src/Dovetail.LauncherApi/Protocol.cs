using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Dovetail.LauncherApi;

/// <summary>
/// The protocol between virt-handler and virt-launcher: JSON messages, one a line (UTF-8, "\n"), over the launcher's unix socket. The handler sends requests, the launcher answers each
/// with the same id and sends events between answers. The first request is <see cref="LauncherCommand.Hello"/>; either side refuses a version that it does not speak.
/// A launcher speaks with any number of connections at once; every connection gets every event.
/// </summary>
public static class LauncherProtocol
{
    /// <summary>The newest version. A handler speaks this one and the one before.</summary>
    public const int Version = 1;

    /// <summary>The oldest version that is still spoken.</summary>
    public const int OldestVersion = 1;

    /// <summary>Longest message, in bytes; a longer one ends the connection.</summary>
    public const int MaxMessageBytes = 16 * 1024 * 1024;

    /// <summary>The socket's name in the pod's <c>sockets</c> volume.</summary>
    public const string SocketName = "launcher-sock";
}

/// <summary>A file to be put on a generated disk.</summary>
public sealed record GuestFile(string Path, byte[] Content);

/// <summary>Something that must be there before the domain is started. Steps are idempotent and run in order inside the sandbox.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "step")]
[JsonDerivedType(typeof(Overlay), "overlay")]
[JsonDerivedType(typeof(EmptyImage), "emptyImage")]
[JsonDerivedType(typeof(Iso), "iso")]
[JsonDerivedType(typeof(Copy), "copy")]
public abstract record PrepareStep
{
    private PrepareStep() { }

    /// <summary>A qcow2 overlay over a read-only base (a container disk); the base's format is detected and checked.</summary>
    public sealed record Overlay(string Path, string Base) : PrepareStep;

    /// <summary>An empty qcow2 image of the given size in bytes.</summary>
    public sealed record EmptyImage(string Path, long Bytes) : PrepareStep;

    /// <summary>An ISO 9660 image (Joliet, Rock Ridge) with a volume label and files, as cloud-init data sources want it.</summary>
    public sealed record Iso(string Path, string Label, ImmutableArray<GuestFile> Files) : PrepareStep;

    /// <summary>A private writable copy of a file of the host's /usr (an NVRAM template).</summary>
    public sealed record Copy(string Path, string From) : PrepareStep;
}

[JsonPolymorphic(TypeDiscriminatorPropertyName = "command")]
[JsonDerivedType(typeof(Hello), "hello")]
[JsonDerivedType(typeof(EnsureDomain), "ensureDomain")]
[JsonDerivedType(typeof(Shutdown), "shutdown")]
[JsonDerivedType(typeof(Destroy), "destroy")]
[JsonDerivedType(typeof(Pause), "pause")]
[JsonDerivedType(typeof(Unpause), "unpause")]
[JsonDerivedType(typeof(Query), "query")]
[JsonDerivedType(typeof(Reset), "reset")]
[JsonDerivedType(typeof(SoftReboot), "softReboot")]
[JsonDerivedType(typeof(AgentQuery), "agentQuery")]
[JsonDerivedType(typeof(Release), "release")]
public abstract record LauncherCommand
{
    private LauncherCommand() { }

    public sealed record Hello(int Version) : LauncherCommand;

    /// <summary>Makes sure that the domain runs: prepares, defines and starts it unless it was started before in this sandbox. A guest is started once a sandbox:
    /// when it has ended it stays ended. Answers at once; what becomes of it is told by the status of the events that follow. <paramref name="DomainXml"/> is libvirt's; <paramref name="GracePeriodSeconds"/> is used when the sandbox itself is asked to end (SIGTERM).</summary>
    public sealed record EnsureDomain(string DomainXml, ImmutableArray<PrepareStep> Prepare, bool StartPaused, long GracePeriodSeconds) : LauncherCommand
    {
        /// <summary>The domain's name in <see cref="DomainXml"/>: <c>&lt;namespace&gt;_&lt;name&gt;</c>.</summary>
        public required string DomainName { get; init; }

        /// <summary>The file that the domain logs its serial console to, kept bounded by the launcher; "" when it has none.</summary>
        public string SerialLog { get; init; } = "";

        /// <summary>Folders that have to be there before the domain starts: those of its sockets.</summary>
        public ImmutableArray<string> Folders { get; init; } = [];
    }

    /// <summary>Asks the guest to power off (ACPI) and destroys it when it has not within the grace period. Answers at once; 0 destroys now.</summary>
    public sealed record Shutdown(long GracePeriodSeconds) : LauncherCommand;

    public sealed record Destroy : LauncherCommand;

    public sealed record Pause : LauncherCommand;

    public sealed record Unpause : LauncherCommand;

    /// <summary>Answers with the present <see cref="DomainStatus"/>.</summary>
    public sealed record Query : LauncherCommand;

    /// <summary>The machine's reset button: nothing is asked of the guest.</summary>
    public sealed record Reset : LauncherCommand;

    /// <summary>Asks the guest to reboot: through its agent when that is connected, else by ACPI.</summary>
    public sealed record SoftReboot : LauncherCommand;

    /// <summary>Asks the guest agent; <see cref="LauncherMessage.Result"/> of the answer is the agent's <c>return</c> value as JSON.
    /// Only <see cref="AgentQueries"/> are passed on.</summary>
    public sealed record AgentQuery(string Execute) : LauncherCommand;

    /// <summary>The handler has recorded how the guest ended: the launcher exits, and the sandbox with it. Refused while a guest lives.</summary>
    public sealed record Release : LauncherCommand;
}

/// <summary>The agent commands that may be asked through <see cref="LauncherCommand.AgentQuery"/>: they change nothing in the guest.</summary>
public static class AgentQueries
{
    public const string Users = "guest-get-users";

    public const string Filesystems = "guest-get-fsinfo";

    public static bool IsAllowed(string command) => command is Users or Filesystems;
}

/// <summary>Where the sandbox's guest is in its life.</summary>
/// <remarks><code>
/// Absent → Preparing → Starting → Running ⇄ Paused → Ended
///             └──────────┴→ Failed (nothing of the guest has run; Message says why)
/// </code></remarks>
[JsonConverter(typeof(JsonStringEnumConverter<DomainState>))]
public enum DomainState
{
    Absent,
    Preparing,
    Starting,
    Running,
    Paused,
    Ended,
    Failed,
}

/// <summary>Why a guest ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EndReason>))]
public enum EndReason
{
    None,

    /// <summary>The guest powered itself off, asked or not.</summary>
    Shutdown,

    /// <summary>It was destroyed by us.</summary>
    Destroyed,

    /// <summary>QEMU died or the guest panicked.</summary>
    Crashed,
}

/// <summary>Why a guest's vCPUs are stopped.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PauseReason>))]
public enum PauseReason
{
    None,

    /// <summary>It was asked for.</summary>
    User,

    /// <summary>A disk failed and its error policy is <c>stop</c>.</summary>
    IoError,
}

public sealed record GuestInterface(string Name, string Mac, ImmutableArray<string> Addresses);

/// <summary>What the guest agent tells; absent while it is not connected.</summary>
public sealed record GuestInfo
{
    public string Hostname { get; init; } = "";

    public string OsId { get; init; } = "";

    public string OsName { get; init; } = "";

    public string OsPrettyName { get; init; } = "";

    public string OsVersion { get; init; } = "";

    public string OsVersionId { get; init; } = "";

    public string KernelRelease { get; init; } = "";

    public string KernelVersion { get; init; } = "";

    public string Machine { get; init; } = "";

    public string Timezone { get; init; } = "";

    public string AgentVersion { get; init; } = "";

    public ImmutableArray<GuestInterface> Interfaces { get; init; } = [];
}

public sealed record DomainStatus
{
    public required DomainState State { get; init; }

    public EndReason EndReason { get; init; }

    /// <summary>For Failed: a CamelCase reason that a user can look up (ImageCorrupt, NoSpace, LibvirtError, …).</summary>
    public string FailureReason { get; init; } = "";

    /// <summary>For Failed: what went wrong, in words, with the next step.</summary>
    public string Message { get; init; } = "";

    /// <summary>For Paused.</summary>
    public PauseReason PauseReason { get; init; }

    /// <summary>QEMU's process id as seen inside the sandbox; 0 when there is none.</summary>
    public int QemuPid { get; init; }

    public string MachineType { get; init; } = "";

    public bool AgentConnected { get; init; }

    public GuestInfo? Guest { get; init; }
}

/// <summary>From handler to launcher.</summary>
public sealed record LauncherRequest(long Id, LauncherCommand Command);

/// <summary>From launcher to handler: an answer (Id &gt; 0, Error null when it went well) or an event (Id 0). Both carry the present status.</summary>
public sealed record LauncherMessage(long Id, int Version, DomainStatus Status, string? Error)
{
    /// <summary>The answer's own content, as JSON, for commands that have one.</summary>
    public string? Result { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LauncherRequest))]
[JsonSerializable(typeof(LauncherMessage))]
[JsonSerializable(typeof(GuestRecord))]
public sealed partial class LauncherJson : JsonSerializerContext;
