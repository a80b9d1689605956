using System.Text.Json.Nodes;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.Machinery.Tests.Schemas;

public class ObjectMetaValidationTests
{
    [Theory]
    [InlineData("""{"name":"a.b-c","namespace":"n"}""", "")]
    [InlineData("""{"name":"a-","namespace":"n"}""", "metadata.name")]
    [InlineData("""{"name":"A","namespace":"n"}""", "metadata.name")]
    [InlineData("""{"namespace":"n"}""", "metadata.name")]
    [InlineData("""{"generateName":"a-","name":"a-x","namespace":"n"}""", "")]
    [InlineData("""{"generateName":"a_","name":"a-x","namespace":"n"}""", "metadata.generateName")]
    [InlineData("""{"name":"a"}""", "metadata.namespace")]
    [InlineData("""{"name":"a","namespace":"n.m"}""", "metadata.namespace")]
    [InlineData("""{"name":"a","namespace":"n","labels":{"x/y/z":"a"}}""", "metadata.labels")]
    [InlineData("""{"name":"a","namespace":"n","labels":{"kubevirt.io/domain":"not ok"}}""", "metadata.labels")]
    [InlineData("""{"name":"a","namespace":"n","annotations":{"UPPER.io/x":"any thing"}}""", "")]
    [InlineData("""{"name":"a","namespace":"n","annotations":{"-":"x"}}""", "metadata.annotations")]
    [InlineData("""{"name":"a","namespace":"n","finalizers":["kubevirt.io/x","orphan"]}""", "")]
    [InlineData("""{"name":"a","namespace":"n","finalizers":["a b"]}""", "metadata.finalizers[0]")]
    [InlineData("""{"name":"a","namespace":"n","ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":""}]}""", "metadata.ownerReferences.uid")]
    public void A_new_object_hears_which_field_is_wrong(string metadata, string field)
    {
        var causes = new List<StatusCause>();
        ObjectMetaValidation.ValidateCreate(Object(metadata), NameRule.DnsSubdomain, namespaced: true, causes);
        causes.Select(static c => c.Field).ShouldBe(field.Length == 0 ? [] : [field]);
    }

    [Theory]
    [InlineData(NameRule.DnsSubdomain, 253, true)]
    [InlineData(NameRule.DnsSubdomain, 254, false)]
    [InlineData(NameRule.DnsLabel, 63, true)]
    [InlineData(NameRule.DnsLabel, 64, false)]
    [InlineData(NameRule.Dns1035Label, 64, false)]
    public void A_name_has_the_length_that_its_kind_allows(NameRule rule, int length, bool allowed)
    {
        var causes = new List<StatusCause>();
        ObjectMetaValidation.ValidateCreate(Object($$"""{"name":"{{new string('a', length)}}"}"""), rule, namespaced: false, causes);
        causes.Count.ShouldBe(allowed ? 0 : 1);
    }

    [Fact]
    public void Two_controllers_are_one_too_many()
    {
        const string owner = """{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u","controller":true}""";
        var causes = new List<StatusCause>();
        ObjectMetaValidation.ValidateCreate(Object("{\"name\":\"a\",\"ownerReferences\":[" + owner + "," + owner + "]}"), NameRule.DnsSubdomain, namespaced: false, causes);
        causes.ShouldHaveSingleItem().Message.ShouldContain("Only one reference can have Controller set to true");
    }

    [Fact]
    public void Annotations_fit_into_256_KiB_together()
    {
        var causes = new List<StatusCause>();
        var obj = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "a", ["annotations"] = new JsonObject { ["a"] = new string('x', ObjectMetaValidation.MaxAnnotationsSize) } } };
        ObjectMetaValidation.ValidateCreate(obj, NameRule.DnsSubdomain, namespaced: false, causes);
        causes.ShouldHaveSingleItem().Reason.ShouldBe("FieldValueTooLong");
    }

    [Fact]
    public void An_object_that_is_being_deleted_takes_no_new_finalizer()
    {
        var causes = new List<StatusCause>();
        var old = Object("""{"name":"a","uid":"u","deletionTimestamp":"2026-01-01T00:00:00Z","finalizers":["a/b"]}""");
        ObjectMetaValidation.ValidateUpdate(Object("""{"name":"a","uid":"u","deletionTimestamp":"2026-01-01T00:00:00Z","finalizers":["a/b","c/d"]}"""), old, NameRule.DnsSubdomain, namespaced: false, causes);
        causes.ShouldHaveSingleItem().Reason.ShouldBe("FieldValueForbidden");
    }

    [Fact]
    public void Identity_never_changes()
    {
        var causes = new List<StatusCause>();
        ObjectMetaValidation.ValidateUpdate(Object("""{"name":"b","uid":"v"}"""), Object("""{"name":"a","uid":"u"}"""), NameRule.DnsSubdomain, namespaced: false, causes);
        causes.Select(static c => c.Field).ShouldBe(["metadata.name", "metadata.uid"]);
    }

    [Fact]
    public void A_refusal_lists_every_cause_as_upstream_words_it()
    {
        var status = FieldErrors.InvalidObject("kubevirt.io", "VirtualMachine", "vm", [FieldErrors.Required("spec.a"), FieldErrors.Invalid("spec.b", 1, "too small")]);
        status.Code.ShouldBe(422);
        status.Message.ShouldBe("VirtualMachine.kubevirt.io \"vm\" is invalid: [spec.a: Required value, spec.b: Invalid value: 1: too small]");
    }

    private static JsonObject Object(string metadata) => new() { ["metadata"] = JsonNode.Parse(metadata) };
}
