using System.Text.Json;
using System.Threading.Channels;
using Dovetail.Launcher.Libvirt;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Guest;

/// <summary>
/// Asks a connected guest agent about its guest: at once, soon again until the guest has an address, then at a slow pace. Every answer comes from inside the guest and is not trusted:
/// sizes are bounded and what is malformed is left out.
/// </summary>
internal sealed class GuestAgentProbe : IDisposable
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SoonAgain = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SlowPace = TimeSpan.FromSeconds(30);
    private const int ImpatientProbes = 15;

    private readonly CancellationTokenSource ending = new();

    public GuestAgentProbe(LibvirtLink link, string domain, ChannelWriter<GuestInput> owner, TimeProvider time) => _ = RunAsync(link, domain, owner, time, ending.Token);

    public void Dispose() => ending.Cancel();

    /// <summary>The <c>return</c> value of an agent command, as JSON.</summary>
    /// <exception cref="LibvirtException">The agent does not know the command, or does not answer.</exception>
    public static string Ask(LibvirtDomain domain, string command)
    {
        var answer = domain.AgentCommand($$"""{"execute":"{{command}}"}""", AnswerTime);
        try
        {
            using var json = JsonDocument.Parse(answer);
            return json.RootElement.GetProperty("return").GetRawText();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new LibvirtException($"the guest agent's answer to {command} is malformed");
        }
    }

    private static async Task RunAsync(LibvirtLink link, string domain, ChannelWriter<GuestInput> owner, TimeProvider time, CancellationToken ct)
    {
        try
        {
            for (var probes = 1; ; probes++)
            {
                var connection = await link.ConnectedAsync().WaitAsync(ct).ConfigureAwait(false);
                var info = await Task.Run(() => Probe(connection, domain), ct).ConfigureAwait(false);
                if (info is not null && !ct.IsCancellationRequested) owner.TryWrite(new GuestInput.AgentTold(info));
                var patient = probes > ImpatientProbes || (info is not null && AgentAnswers.HasAddress(info));
                await Task.Delay(patient ? SlowPace : SoonAgain, time, ct).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Disconnected, or the guest is gone.
        }
    }

    private static GuestInfo? Probe(LibvirtConnection connection, string name)
    {
        try
        {
            using var domain = connection.Find(name);
            if (domain is null || Try(domain, "guest-info") is not { } agent) return null;
            return AgentAnswers.Combine(agent, Try(domain, "guest-get-osinfo"), Try(domain, "guest-get-host-name"), Try(domain, "guest-get-timezone"), Try(domain, "guest-network-get-interfaces"));
        }
        catch (LibvirtException)
        {
            // libvirtd has just died; the next one is asked again.
            return null;
        }
    }

    private static string? Try(LibvirtDomain domain, string command)
    {
        try
        {
            return Ask(domain, command);
        }
        catch (LibvirtException)
        {
            // An agent may lack a command, or be busy: what it does tell is shown.
            return null;
        }
    }
}
