using System.Globalization;
using System.Text;
using Dovetail.Node.Host;

namespace Dovetail.Node.Parts;

/// <summary>The platform's image registry: Debian's docker-registry, on loopback only, without authentication, storage in the data folder.</summary>
internal sealed class Registry(NodePaths paths, int port)
{
    public const string Name = "registry";
    private const string Program = "/usr/bin/docker-registry";
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(3) };

    public PartSpec Spec()
    {
        var config = $"{paths.Parts}/registry.yml";
        DurableFile.Write(config, Encoding.UTF8.GetBytes(Config()));
        return new PartSpec { Name = Name, Command = [Program, "serve", config], Port = port, Probe = ProbeAsync };
    }

    private string Config() =>
        $"""
        version: 0.1
        log:
          level: warn
          accesslog:
            disabled: true
        storage:
          filesystem:
            rootdirectory: "{paths.DataRoot}/registry"
          delete:
            enabled: true
        http:
          addr: 127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}

        """;

    private async Task<string?> ProbeAsync(CancellationToken ct)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri($"http://127.0.0.1:{port}/v2/"), ct);
            return answer.IsSuccessStatusCode ? null : $"it answers {(int)answer.StatusCode} on port {port}";
        }
        catch (Exception e) when (e is HttpRequestException || e is OperationCanceledException && !ct.IsCancellationRequested)
        {
            return $"it does not answer on 127.0.0.1:{port}: {e.Message}";
        }
    }
}
