using System.Net;
using System.Text;

namespace Dovetail.Virtctl.Tests;

public sealed class KubeconfigTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("virtctl-tests-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Client_certificates_and_a_private_authority_are_used()
    {
        var authority = new TestAuthority("dovetail-test");
        var user = authority.Issue("admin");
        await using var server = await FakeApiServer.StartAsync(authority.Issue("server", IPAddress.Loopback).Certificate, authority.Certificate);
        var config = Write("config", $$"""
            apiVersion: v1
            kind: Config
            current-context: main
            clusters:
            - name: c
              cluster:
                server: {{server.Address}}
                certificate-authority-data: {{Base64(authority.Pem)}}
            users:
            - name: u
              user:
                client-certificate: user.crt
                client-key-data: {{Base64(user.KeyPem)}}
            contexts:
            - name: main
              context: {cluster: c, user: u, namespace: team}
            """);
        Write("user.crt", user.Pem);
        server.Answers["PUT /apis/subresources.kubevirt.io/v1/namespaces/team/virtualmachines/myvm/start"] = (202, "");
        (await VirtctlRun.Async(null, $"--kubeconfig {config} start myvm")).ShouldBe(new VirtctlRun(0, "VM myvm was scheduled to start\n", ""));
    }

    [Fact]
    public async Task A_server_of_another_authority_is_not_trusted()
    {
        await using var server = await FakeApiServer.StartAsync(new TestAuthority("one").Issue("server", IPAddress.Loopback).Certificate);
        var config = Write("config", Config(server, "t", $"certificate-authority-data: {Base64(new TestAuthority("two").Pem)}"));
        var run = await VirtctlRun.Async(null, $"--kubeconfig {config} start myvm");
        run.Code.ShouldBe(1);
        run.Error.ShouldContain("tls: failed to verify certificate");
        server.Answers["PUT /apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachines/myvm/start"] = (202, "");
        (await VirtctlRun.Async(null, $"--kubeconfig {config} --insecure-skip-tls-verify start myvm")).Code.ShouldBe(0);
    }

    [Fact]
    public async Task A_name_that_the_certificate_does_not_have_is_refused()
    {
        var authority = new TestAuthority("one");
        await using var server = await FakeApiServer.StartAsync(authority.Issue("elsewhere").Certificate);
        var config = Write("config", Config(server, "t", $"certificate-authority-data: {Base64(authority.Pem)}"));
        (await VirtctlRun.Async(null, $"--kubeconfig {config} start myvm")).Error.ShouldContain("tls: failed to verify certificate");
        server.Answers["PUT /apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachines/myvm/start"] = (202, "");
        (await VirtctlRun.Async(null, $"--kubeconfig {config} --tls-server-name elsewhere start myvm")).Code.ShouldBe(0);
    }

    [Fact]
    public async Task Files_of_KUBECONFIG_are_laid_over_each_other_and_contexts_chosen()
    {
        await using var server = await FakeApiServer.StartAsync();
        server.Answers["GET /apis/subresources.kubevirt.io/v1/namespaces/other/virtualmachineinstances/myvm/userlist"] = (200, "{}");
        var one = Write("one", Config(server, "secret-one"));
        var two = Write("two", "current-context: unused\ncontexts:\n- name: second\n  context: {cluster: c, user: v, namespace: other}\nusers:\n- name: v\n  user: {token: secret-two}\n- name: u\n  user: {token: loses}\n");
        var run = await VirtctlRun.Async(null, "--context second userlist myvm", environment: new() { ["KUBECONFIG"] = $"{one}:/nonexistent:{two}" });
        run.ShouldBe(new VirtctlRun(0, "{}\n", ""));
        server.Tokens.ShouldBe(["Bearer secret-two"]);
    }

    [Theory]
    [InlineData("start myvm", "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable\n")]
    [InlineData("--kubeconfig /nonexistent start myvm", "stat /nonexistent: no such file or directory\n")]
    public async Task Without_a_configuration_the_reason_is_said(string line, string error) => (await VirtctlRun.Async(null, line)).ShouldBe(new VirtctlRun(1, "", error));

    [Theory]
    [InlineData("--context nope", "context \"nope\" does not exist\n")]
    [InlineData("--user nope", "auth info \"nope\" does not exist\n")]
    [InlineData("--cluster nope", "cluster \"nope\" does not exist\n")]
    public async Task Names_that_are_not_there_are_named(string flag, string error)
    {
        await using var server = await FakeApiServer.StartAsync();
        var config = Write("config", Config(server, "t"));
        (await VirtctlRun.Async(null, $"--kubeconfig {config} {flag} start myvm")).ShouldBe(new VirtctlRun(1, "", error));
    }

    [Fact]
    public async Task Credential_plugins_are_refused_by_name()
    {
        await using var server = await FakeApiServer.StartAsync();
        var config = Write("config", Config(server, "t").Replace("token: t", "exec: {command: aws}", StringComparison.Ordinal));
        (await VirtctlRun.Async(null, $"--kubeconfig {config} start myvm")).Error.ShouldContain("authenticates by \"exec\", which Dovetail does not support");
    }

    [Fact]
    public async Task A_broken_file_is_named()
    {
        var config = Write("config", "clusters: [");
        (await VirtctlRun.Async(null, $"--kubeconfig {config} start myvm")).Error.ShouldStartWith($"error loading config file \"{config}\":");
    }

    private static string Config(FakeApiServer server, string token, string clusterExtra = "insecure-skip-tls-verify: false") => $$"""
        current-context: first
        clusters:
        - name: c
          cluster:
            server: {{server.Address}}
            {{clusterExtra}}
        users:
        - name: u
          user:
            token: {{token}}
        contexts:
        - name: first
          context: {cluster: c, user: u}
        """;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private string Write(string name, string content)
    {
        var path = System.IO.Path.Combine(folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
