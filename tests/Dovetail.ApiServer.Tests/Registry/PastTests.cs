using System.Globalization;
using Dovetail.Machinery.Endpoints;
using Dovetail.Store.Sqlite;
using static Dovetail.ApiServer.Tests.RegistryHarness;

namespace Dovetail.ApiServer.Tests.Registry;

/// <summary>Gets, lists and histories as of past moments, over the durable store.</summary>
public sealed class PastTests : IAsyncLifetime
{
    private readonly RegistryHarness api = new(_ => [], time => SqliteRevisionStore.Open(new() { Path = ":memory:", Inline = true }, time));

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => api.Store.DisposeAsync();

    [Fact]
    public void A_get_and_a_list_show_what_was_there_at_a_revision_and_at_a_time()
    {
        var made = api.Create(ConfigMaps(), """{"metadata":{"name":"a"},"data":{"k":"old"}}""");
        var then = api.Time.GetUtcNow();
        api.Time.Advance(TimeSpan.FromMinutes(1));
        api.Merge(ConfigMaps("a"), """{"data":{"k":"new"}}""");
        api.Create(ConfigMaps(), """{"metadata":{"name":"b"}}""");
        foreach (var asOf in new[] { made["metadata"]!["resourceVersion"]!.ToString(), then.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) })
        {
            Tree(Done(api.Registry.GetAsOfAsync(ConfigMaps("a"), asOf, default)))["data"]!["k"]!.ToString().ShouldBe("old");
            api.List(ConfigMaps(), new ListOptions { AsOf = asOf }).Items.Select(item => Tree(item)["metadata"]!["name"]!.ToString()).ShouldBe(["a"]);
            Refused(() => Done(api.Registry.GetAsOfAsync(ConfigMaps("b"), asOf, default))).Reason.ShouldBe("NotFound");
        }
    }

    [Fact]
    public void A_deleted_object_is_found_in_the_past_and_a_deleted_secret_is_not()
    {
        var secrets = Target("", "v1", "secrets", "demo");
        var map = api.Create(ConfigMaps(), """{"metadata":{"name":"a"},"data":{"k":"v"}}""");
        var secret = api.Create(secrets, """{"metadata":{"name":"s"},"data":{"k":"aGlkZGVu"}}""");
        api.Delete(ConfigMaps("a"));
        api.Delete(secrets with { Name = "s" });
        Tree(Done(api.Registry.GetAsOfAsync(ConfigMaps("a"), map["metadata"]!["resourceVersion"]!.ToString(), default)))["data"]!["k"]!.ToString().ShouldBe("v");
        Refused(() => Done(api.Registry.GetAsOfAsync(secrets with { Name = "s" }, secret["metadata"]!["resourceVersion"]!.ToString(), default))).Reason.ShouldBe("NotFound");
        var states = Done(api.Registry.StatesAsync(secrets with { Name = "s" }, 0, default));
        states.ShouldHaveSingleItem().Operation.ShouldBe("Deleted");
        Tree(states[0].Object).ContainsKey("data").ShouldBeFalse();
        Done(api.Registry.StatesAsync(ConfigMaps("a"), 0, default)).Select(state => state.Operation).ShouldBe(["Deleted", "Created"]);
    }

    [Fact]
    public void A_limit_beyond_32_bits_does_not_wrap_around()
    {
        api.Create(ConfigMaps(), """{"metadata":{"name":"a"}}""");
        api.Merge(ConfigMaps("a"), """{"data":{"k":"new"}}""");
        Done(api.Registry.StatesAsync(ConfigMaps("a"), (1L << 32) + 1, default)).Length.ShouldBe(2);
    }

    [Theory]
    [InlineData("yesterday", "BadRequest")]
    [InlineData("999", "Timeout")]
    [InlineData("0", "Expired")]
    public void A_moment_that_cannot_be_read_is_refused(string asOf, string reason) => Refused(() => Done(api.Registry.GetAsOfAsync(ConfigMaps("a"), asOf, default))).Reason.ShouldBe(reason);

    [Fact]
    public void Whoever_may_not_read_an_object_may_not_read_its_past()
    {
        var asked = ConfigMaps("a") with { User = new UserInfo("nobody", ["system:authenticated"]) };
        Refused(() => Done(api.Registry.GetAsOfAsync(asked, "1", default))).Code.ShouldBe(403);
        Refused(() => Done(api.Registry.StatesAsync(asked, 0, default))).Code.ShouldBe(403);
    }
}
