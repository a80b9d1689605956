using System.Diagnostics;
using System.Text;

namespace Dovetail.ApiServer.Tests.Http;

/// <summary>The real kubectl: the one that is installed, and the newest.</summary>
public sealed class KubectlTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Crd = """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.kubectl.example.com"},
         "spec":{"group":"kubectl.example.com","scope":"Namespaced","names":{"plural":"widgets","kind":"Widget"},
          "versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},"additionalPrinterColumns":[{"name":"Size","type":"integer","jsonPath":".spec.size"}],
           "schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"integer","description":"how big it is"}}},
            "status":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}}}]}}
        """;

    [Theory]
    [InlineData("installed")]
    [InlineData("newest")]
    public async Task Kubectl_creates_shows_explains_changes_and_deletes(string client)
    {
        var kubectl = Find(client);
        var (ns, group) = ($"shop-{client}", $"{client}.example.com");
        Task<string> RunAsync(string arguments, string? input = null, bool fails = false) => KubectlAsync(kubectl, arguments, input, fails);

        (await RunAsync($"create namespace {ns}")).ShouldContain($"namespace/{ns} created"); // in protobuf
        (await RunAsync($"create configmap a -n {ns} --from-literal=x=y")).ShouldContain("configmap/a created");
        (await RunAsync("apply -f -", Crd.Replace("kubectl.example.com", group, StringComparison.Ordinal))).ShouldContain("created");
        await RunAsync($"wait --for=condition=Established crd/widgets.{group} --timeout=30s");
        var widget = $$$"""{"apiVersion":"{{{group}}}/v1","kind":"Widget","metadata":{"name":"w","namespace":"{{{ns}}}"},"spec":{"size":3}}""";
        (await RunAsync("apply -f -", widget)).ShouldContain($"widget.{group}/w created");
        (await RunAsync("apply -f -", widget.Replace(":3", ":4", StringComparison.Ordinal))).ShouldContain("configured");
        (await RunAsync($"get widgets.{group} -n {ns}")).ShouldContain("SIZE");
        (await RunAsync($"explain widgets.spec --api-version={group}/v1")).ShouldContain("how big it is");
        (await RunAsync($"api-resources --api-group={group}")).ShouldContain("widgets");
        (await RunAsync($"patch widgets.{group} w -n {ns} --type=merge -p {{\"spec\":{{\"size\":5}}}}")).ShouldContain("patched");
        (await RunAsync("apply --server-side -f -", widget, fails: true)).ShouldContain("conflict");
        (await RunAsync("apply --server-side --force-conflicts -f -", widget)).ShouldContain("serverside-applied");
        (await RunAsync("apply --validate=strict -f -", widget.Replace("size", "sise", StringComparison.Ordinal), fails: true)).ShouldContain("unknown field \"spec.sise\"");
        (await RunAsync("auth whoami")).ShouldContain("kubernetes-admin");
        (await RunAsync("auth can-i delete nodes")).ShouldContain("yes");
        (await RunAsync($"delete widgets.{group} w -n {ns} --timeout=30s")).ShouldContain("deleted");
    }

    [Theory]
    [InlineData("installed")]
    [InlineData("newest")]
    public async Task What_is_not_served_is_named_and_no_client_dies_of_it(string client)
    {
        var (kubectl, ns) = (Find(client), $"pods-{client}");
        await KubectlAsync(kubectl, $"create namespace {ns}");
        await KubectlAsync(kubectl, $"run p --image=busybox -n {ns}");

        (await KubectlAsync(kubectl, $"logs p -n {ns}")).ShouldBeEmpty(); // nothing has run yet
        (await KubectlAsync(kubectl, $"exec p -n {ns} -- true", fails: true)).ShouldContain("pod p does not have a host assigned");
        await KubectlAsync(kubectl, $"debug p -n {ns} --image=busybox -c looker");
        (await KubectlAsync(kubectl, $"get pod p -n {ns} -o jsonpath={{.spec.ephemeralContainers[*].name}}")).ShouldContain("looker");
        (await KubectlAsync(kubectl, "top nodes", fails: true)).ShouldContain("Metrics API not available");
    }

    /// <summary>The kubectl on PATH, or the newest one that <c>./dovetail test</c> has fetched.</summary>
    private static string Find(string client)
    {
        var found = client == "newest"
            ? Environment.GetEnvironmentVariable("DOVETAIL_NEW_KUBECTL")
            : Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Combine(folder, "kubectl")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(string.IsNullOrEmpty(found), client == "newest" ? "DOVETAIL_NEW_KUBECTL names no kubectl: the mirror had none" : "there is no kubectl here");
        return found!;
    }

    private async Task<string> KubectlAsync(string kubectl, string arguments, string? input = null, bool fails = false)
    {
        var start = new ProcessStartInfo(kubectl, arguments.Split(' ')) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["KUBECONFIG"] = Kubeconfig();
        start.Environment["HOME"] = server.Folder;
        using var process = Process.Start(start)!;
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        var text = await output + await error;
        (process.ExitCode != 0).ShouldBe(fails, $"kubectl {arguments}: {text}");
        return text;
    }

    private string Kubeconfig()
    {
        static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
        var path = Path.Combine(server.Folder, "kubeconfig");
        File.WriteAllText(path, $$$"""
            {"apiVersion":"v1","kind":"Config","current-context":"d",
             "clusters":[{"name":"d","cluster":{"server":"{{{server.Host.Address.GetLeftPart(UriPartial.Authority)}}}","certificate-authority-data":"{{{Base64(server.Host.Authority.CertificatePem)}}}"}}],
             "users":[{"name":"a","user":{"client-certificate-data":"{{{Base64(server.AdminCertificate.CertificatePem)}}}","client-key-data":"{{{Base64(server.AdminCertificate.KeyPem)}}}"}}],
             "contexts":[{"name":"d","context":{"cluster":"d","user":"a"}}]}
            """);
        return path;
    }
}
