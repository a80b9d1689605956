using System.Diagnostics;
using System.Text;

namespace Dovetail.ApiServer.Tests.Http;

/// <summary>The real kubectl, where it is installed.</summary>
public sealed class KubectlTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    private const string Crd = """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"widgets.kubectl.example.com"},
         "spec":{"group":"kubectl.example.com","scope":"Namespaced","names":{"plural":"widgets","kind":"Widget","shortNames":["wd"]},
          "versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},"additionalPrinterColumns":[{"name":"Size","type":"integer","jsonPath":".spec.size"}],
           "schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"integer","description":"how big it is"}}},
            "status":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}}}]}}
        """;

    [Fact]
    public async Task Kubectl_creates_shows_explains_changes_and_deletes()
    {
        if (!File.Exists("/usr/bin/kubectl")) Assert.Skip("there is no kubectl here");

        (await KubectlAsync("create namespace shop")).ShouldContain("namespace/shop created"); // in protobuf
        (await KubectlAsync("create configmap a -n shop --from-literal=x=y")).ShouldContain("configmap/a created");
        (await KubectlAsync("apply -f -", Crd)).ShouldContain("created");
        await KubectlAsync("wait --for=condition=Established crd/widgets.kubectl.example.com --timeout=5s");
        const string Widget = """{"apiVersion":"kubectl.example.com/v1","kind":"Widget","metadata":{"name":"w","namespace":"shop"},"spec":{"size":3}}""";
        (await KubectlAsync("apply -f -", Widget)).ShouldContain("widget.kubectl.example.com/w created");
        (await KubectlAsync("apply -f -", Widget.Replace("3", "4", StringComparison.Ordinal))).ShouldContain("configured");
        (await KubectlAsync("get wd -n shop")).ShouldContain("SIZE");
        (await KubectlAsync("explain widget.spec")).ShouldContain("how big it is");
        (await KubectlAsync("api-resources --api-group=kubectl.example.com")).ShouldContain("widgets");
        (await KubectlAsync("patch wd w -n shop --type=merge -p {\"spec\":{\"size\":5}}")).ShouldContain("patched");
        (await KubectlAsync("apply --server-side --force-conflicts -f -", Widget)).ShouldContain("serverside-applied");
        (await KubectlAsync("apply --validate=strict -f -", Widget.Replace("size", "sise", StringComparison.Ordinal), fails: true)).ShouldContain("unknown field \"spec.sise\"");
        (await KubectlAsync("auth whoami")).ShouldContain("kubernetes-admin");
        (await KubectlAsync("auth can-i delete nodes")).ShouldContain("yes");
        (await KubectlAsync("delete wd w -n shop --timeout=5s")).ShouldContain("deleted");
    }

    private async Task<string> KubectlAsync(string arguments, string? input = null, bool fails = false)
    {
        var start = new ProcessStartInfo("/usr/bin/kubectl", arguments.Split(' ')) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
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
