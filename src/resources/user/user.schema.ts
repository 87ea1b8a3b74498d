import { attribute, MAX_NAME_LENGTH, type SchemaDefinition } from '../../scim/schema/attribute.js';
import { checkCertificate } from './certificate.js';

/** RFC 7643 §4.1, §8.7.1. */
export const userSchema: SchemaDefinition = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'User Account',
  attributes: [
    attribute('userName', {
      description:
        "Unique identifier for the User, typically used by the user to directly authenticate to the service provider. Each User MUST include a non-empty userName value. This identifier MUST be unique across the service provider's entire set of Users. REQUIRED.",
      required: true,
      uniqueness: 'server',
      maxLength: MAX_NAME_LENGTH,
    }),
    attribute('name', {
      description:
        "The components of the user's real name. Providers MAY return just the full name as a single string in the formatted sub-attribute, or they MAY return just the individual component attributes using the other sub-attributes, or they MAY return both. If both variants are returned, they SHOULD be describing the same name, with the formatted name indicating how the component attributes should be combined.",
      subAttributes: [
        attribute('formatted', {
          description:
            "The full name, including all middle names, titles, and suffixes as appropriate, formatted for display (e.g., 'Ms. Barbara J Jensen, III').",
          maxLength: MAX_NAME_LENGTH,
        }),
        attribute('familyName', {
          description:
            "The family name of the User, or last name in most Western languages (e.g., 'Jensen' given the full name 'Ms. Barbara J Jensen, III').",
          maxLength: MAX_NAME_LENGTH,
        }),
        attribute('givenName', {
          description:
            "The given name of the User, or first name in most Western languages (e.g., 'Barbara' given the full name 'Ms. Barbara J Jensen, III').",
          maxLength: MAX_NAME_LENGTH,
        }),
        attribute('middleName', {
          description:
            "The middle name(s) of the User (e.g., 'Jane' given the full name 'Ms. Barbara J Jensen, III').",
          maxLength: MAX_NAME_LENGTH,
        }),
        attribute('honorificPrefix', {
          description:
            "The honorific prefix(es) of the User, or title in most Western languages (e.g., 'Ms.' given the full name 'Ms. Barbara J Jensen, III').",
          maxLength: MAX_NAME_LENGTH,
        }),
        attribute('honorificSuffix', {
          description:
            "The honorific suffix(es) of the User, or suffix in most Western languages (e.g., 'III' given the full name 'Ms. Barbara J Jensen, III').",
          maxLength: MAX_NAME_LENGTH,
        }),
      ],
    }),
    attribute('displayName', {
      description:
        'The name of the User, suitable for display to end-users. The name SHOULD be the full name of the User being described, if known.',
      maxLength: MAX_NAME_LENGTH,
    }),
    attribute('nickName', {
      description:
        "The casual way to address the user in real life, e.g., 'Bob' or 'Bobby' instead of 'Robert'. This attribute SHOULD NOT be used to represent a User's username (e.g., 'bjensen' or 'mpepperidge').",
      maxLength: MAX_NAME_LENGTH,
    }),
    attribute('profileUrl', {
      type: 'reference',
      description: "A fully qualified URL pointing to a page representing the User's online profile.",
      referenceTypes: ['external'],
    }),
    attribute('title', {
      description: 'The user\'s title, such as "Vice President."',
      maxLength: MAX_NAME_LENGTH,
    }),
    attribute('userType', {
      description:
        "Used to identify the relationship between the organization and the user. Typical values used might be 'Contractor', 'Employee', 'Intern', 'Temp', 'External', and 'Unknown', but any value may be used.",
    }),
    attribute('preferredLanguage', {
      description:
        "Indicates the User's preferred written or spoken language. Generally used for selecting a localized user interface; e.g., 'en_US' specifies the language English and country US.",
    }),
    attribute('locale', {
      description:
        "Used to indicate the User's default location for purposes of localizing items such as currency, date time format, or numerical representations.",
    }),
    attribute('timezone', {
      description:
        "The User's time zone in the 'Olson' time zone database format, e.g., 'America/Los_Angeles'.",
    }),
    attribute('active', {
      type: 'boolean',
      description: "A Boolean value indicating the User's administrative status.",
    }),
    attribute('password', {
      description:
        "The User's cleartext password. This attribute is intended to be used as a means to specify an initial password when creating a new User or to reset an existing User's password.",
      mutability: 'writeOnly',
      returned: 'never',
    }),
    // `display` is readWrite in the printed schema although RFC 7643 §2.4 calls it immutable.
    attribute('emails', {
      multiValued: true,
      description:
        "Email addresses for the user. The value SHOULD be canonicalized by the service provider, e.g., 'bjensen@example.com' instead of 'bjensen@EXAMPLE.COM'. Canonical type values of 'work', 'home', and 'other'.",
      subAttributes: [
        attribute('value', {
          description:
            "Email addresses for the user. The value SHOULD be canonicalized by the service provider, e.g., 'bjensen@example.com' instead of 'bjensen@EXAMPLE.COM'. Canonical type values of 'work', 'home', and 'other'.",
          maxLength: MAX_NAME_LENGTH,
        }),
        attribute('display', { description: 'A human-readable name, primarily used for display purposes.' }),
        attribute('type', {
          description: "A label indicating the attribute's function, e.g., 'work' or 'home'.",
          canonicalValues: ['work', 'home', 'other'],
        }),
        attribute('primary', {
          type: 'boolean',
          description:
            "A Boolean value indicating the 'primary' or preferred attribute value for this attribute, e.g., the preferred mailing address or primary email address. The primary attribute value 'true' MUST appear no more than once.",
        }),
      ],
    }),
    attribute('phoneNumbers', {
      multiValued: true,
      description:
        "Phone numbers for the User. The value SHOULD be canonicalized by the service provider according to the format specified in RFC 3966, e.g., 'tel:+1-201-555-0123'. Canonical type values of 'work', 'home', 'mobile', 'fax', 'pager', and 'other'.",
      subAttributes: [
        attribute('value', { description: 'Phone number of the User.', maxLength: MAX_NAME_LENGTH }),
        attribute('display', { description: 'A human-readable name, primarily used for display purposes.' }),
        attribute('type', {
          description: "A label indicating the attribute's function, e.g., 'work', 'home', 'mobile'.",
          canonicalValues: ['work', 'home', 'mobile', 'fax', 'pager', 'other'],
        }),
        attribute('primary', {
          type: 'boolean',
          description:
            "A Boolean value indicating the 'primary' or preferred attribute value for this attribute, e.g., the preferred phone number or primary phone number. The primary attribute value 'true' MUST appear no more than once.",
        }),
      ],
    }),
    // RFC 7643 §4.1.2 knows `other`, the printed schema of §8.7.1 does not.
    attribute('ims', {
      multiValued: true,
      description: 'Instant messaging addresses for the User.',
      subAttributes: [
        attribute('value', {
          description: 'Instant messaging address for the User.',
          maxLength: MAX_NAME_LENGTH,
        }),
        attribute('display', { description: 'A human-readable name, primarily used for display purposes.' }),
        attribute('type', {
          description: "A label indicating the attribute's function, e.g., 'aim', 'gtalk', 'xmpp'.",
          canonicalValues: ['aim', 'gtalk', 'icq', 'xmpp', 'msn', 'skype', 'qq', 'yahoo', 'other'],
        }),
        attribute('primary', {
          type: 'boolean',
          description:
            "A Boolean value indicating the 'primary' or preferred attribute value for this attribute, e.g., the preferred messenger or primary messenger. The primary attribute value 'true' MUST appear no more than once.",
        }),
      ],
    }),
    attribute('photos', {
      multiValued: true,
      description: 'URLs of photos of the User.',
      subAttributes: [
        attribute('value', {
          type: 'reference',
          description: 'URL of a photo of the User.',
          referenceTypes: ['external'],
        }),
        attribute('display', { description: 'A human-readable name, primarily used for display purposes.' }),
        attribute('type', {
          description: "A label indicating the attribute's function, i.e., 'photo' or 'thumbnail'.",
          canonicalValues: ['photo', 'thumbnail'],
        }),
        attribute('primary', {
          type: 'boolean',
          description:
            "A Boolean value indicating the 'primary' or preferred attribute value for this attribute, e.g., the preferred photo or thumbnail. The primary attribute value 'true' MUST appear no more than once.",
        }),
      ],
    }),
    // `primary` stands in the examples of RFC 7643 §8.2 and is sent by Entra, but is missing in §8.7.1.
    attribute('addresses', {
      multiValued: true,
      description:
        "A physical mailing address for this User. Canonical type values of 'work', 'home', and 'other'. This attribute is a complex type with the following sub-attributes.",
      subAttributes: [
        attribute('formatted', {
          description:
            'The full mailing address, formatted for display or use with a mailing label. This attribute MAY contain newlines.',
        }),
        attribute('streetAddress', {
          description:
            'The full street address component, which may include house number, street name, P.O. box, and multi-line extended street address information. This attribute MAY contain newlines.',
        }),
        attribute('locality', { description: 'The city or locality component.' }),
        attribute('region', { description: 'The state or region component.' }),
        attribute('postalCode', { description: 'The zip code or postal code component.' }),
        attribute('country', { description: 'The country name component.' }),
        attribute('type', {
          description: "A label indicating the attribute's function, e.g., 'work' or 'home'.",
          canonicalValues: ['work', 'home', 'other'],
        }),
        attribute('primary', {
          type: 'boolean',
          description:
            "A Boolean value indicating the 'primary' or preferred address. The primary attribute value 'true' MUST appear no more than once.",
        }),
      ],
    }),
    attribute('groups', {
      multiValued: true,
      description:
        'A list of groups to which the user belongs, either through direct membership, through nested groups, or dynamically calculated.',
      mutability: 'readOnly',
      subAttributes: [
        attribute('value', { description: "The identifier of the User's group.", mutability: 'readOnly' }),
        attribute('$ref', {
          type: 'reference',
          description: "The URI of the corresponding 'Group' resource to which the user belongs.",
          mutability: 'readOnly',
          referenceTypes: ['User', 'Group'],
        }),
        attribute('display', {
          description: 'A human-readable name, primarily used for display purposes. READ-ONLY.',
          mutability: 'readOnly',
        }),
        attribute('type', {
          description: "A label indicating the attribute's function, e.g., 'direct' or 'indirect'.",
          canonicalValues: ['direct', 'indirect'],
          mutability: 'readOnly',
        }),
      ],
    }),
    attribute('entitlements', {
      multiValued: true,
      description: 'A list of entitlements for the User that represent a thing the User has.',
      subAttributes: [
        attribute('value', { description: 'The value of an entitlement.' }),
        attribute('display', { description: 'A human-readable name, primarily used for display purposes.' }),
        attribute('type', { description: "A label indicating the attribute's function." }),
        attribute('primary', {
          type: 'boolean',
          description:
            "A Boolean value indicating the 'primary' or preferred attribute value for this attribute. The primary attribute value 'true' MUST appear no more than once.",
        }),
      ],
    }),
    attribute('roles', {
      multiValued: true,
      description:
        "A list of roles for the User that collectively represent who the User is, e.g., 'Student', 'Faculty'.",
      subAttributes: [
        attribute('value', { description: 'The value of a role.' }),
        attribute('display', { description: 'A human-readable name, primarily used for display purposes.' }),
        attribute('type', { description: "A label indicating the attribute's function." }),
        attribute('primary', {
          type: 'boolean',
          description:
            "A Boolean value indicating the 'primary' or preferred attribute value for this attribute. The primary attribute value 'true' MUST appear no more than once.",
        }),
      ],
    }),
    attribute('x509Certificates', {
      multiValued: true,
      description: 'A list of certificates issued to the User.',
      subAttributes: [
        attribute('value', {
          type: 'binary',
          description: 'The value of an X.509 certificate.',
          check: checkCertificate,
        }),
        attribute('display', { description: 'A human-readable name, primarily used for display purposes.' }),
        attribute('type', { description: "A label indicating the attribute's function." }),
        attribute('primary', {
          type: 'boolean',
          description:
            "A Boolean value indicating the 'primary' or preferred attribute value for this attribute. The primary attribute value 'true' MUST appear no more than once.",
        }),
      ],
    }),
  ],
};

/** RFC 7643 §4.3, §8.7.1. */
export const enterpriseUserSchema: SchemaDefinition = {
  id: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  name: 'EnterpriseUser',
  description: 'Enterprise User',
  attributes: [
    attribute('employeeNumber', {
      description:
        'Numeric or alphanumeric identifier assigned to a person, typically based on order of hire or association with an organization.',
      maxLength: MAX_NAME_LENGTH,
    }),
    attribute('costCenter', {
      description: 'Identifies the name of a cost center.',
      maxLength: MAX_NAME_LENGTH,
    }),
    attribute('organization', {
      description: 'Identifies the name of an organization.',
      maxLength: MAX_NAME_LENGTH,
    }),
    attribute('division', { description: 'Identifies the name of a division.', maxLength: MAX_NAME_LENGTH }),
    attribute('department', {
      description: 'Identifies the name of a department.',
      maxLength: MAX_NAME_LENGTH,
    }),
    attribute('manager', {
      description:
        "The User's manager. A complex type that optionally allows service providers to represent organizational hierarchy by referencing the 'id' attribute of another User.",
      subAttributes: [
        attribute('value', {
          description: "The id of the SCIM resource representing the User's manager.",
          maxLength: MAX_NAME_LENGTH,
        }),
        attribute('$ref', {
          type: 'reference',
          description: "The URI of the SCIM resource representing the User's manager.",
          referenceTypes: ['User'],
        }),
        attribute('displayName', {
          description: "The displayName of the User's manager. OPTIONAL and READ-ONLY.",
          mutability: 'readOnly',
        }),
      ],
    }),
  ],
};
