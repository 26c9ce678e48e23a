// Generated from shared/openapi/citizen.json by "npm run generate". Do not edit.

export interface paths {
    "/api/v1/addresses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search Addresses
         * @description Addresses, streets and places whose words begin like the words asked for; letters with and without marks are equal.
         */
        get: operations["search_addresses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/addresses/nearest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Nearest Address
         * @description The address nearest to a point, and whether the point lies in the town.
         */
        get: operations["nearest_address"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/announcements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Announcements
         * @description Announcements in their newest version: active ones first, then upcoming, then past and cancelled.
         */
        get: operations["list_announcements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/announcements.geojson": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Announcements Geojson
         * @description The areas of announcements for the map; active and upcoming ones unless `state` says otherwise. At most 500.
         */
        get: operations["announcements_geojson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/announcements/{announcement_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Announcement
         * @description One announcement with its drawn area and all its versions.
         */
        get: operations["get_announcement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cameras": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Cameras
         * @description All cameras of the public register, by name.
         */
        get: operations["list_cameras"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Me
         * @description The signed-in resident with contacts and subscription.
         */
        get: operations["get_me"];
        put?: never;
        post?: never;
        /**
         * Erase Me
         * @description Erase everything that leads to this person, here and in every other service. Reports stay without their author.
         */
        delete: operations["erase_me"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/contacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add Contact
         * @description Add the contact the code was sent to.
         */
        post: operations["add_contact"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/contacts/{contact_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove Contact
         * @description Forget a contact. The last e-mail or phone stays, for it is how the resident signs in.
         */
        delete: operations["remove_contact"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/contacts/{contact_id}/consent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Give Consent
         * @description Agree that announcements come to this contact; noted in the consent ledger.
         */
        put: operations["give_consent"];
        post?: never;
        /**
         * Withdraw Consent
         * @description Withdraw the consent for this contact; it works at once.
         */
        delete: operations["withdraw_consent"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/contacts/codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Request Contact Code
         * @description Send a code to a further e-mail address or phone.
         */
        post: operations["request_contact_code"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/contacts/push": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add Push Contact
         * @description Let announcements come to this browser; its permission prompt is the consent.
         */
        post: operations["add_push_contact"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export Me
         * @description Everything kept about this person, as a file.
         */
        get: operations["export_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * My Reports
         * @description The signed-in resident's reports, newest first; at most 200.
         */
        get: operations["my_reports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/subscription": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Subscription
         * @description What this resident wants to be told.
         */
        get: operations["get_subscription"];
        /**
         * Put Subscription
         * @description Replace filters, quiet hours, language and pause as a whole.
         */
        put: operations["put_subscription"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/push-subscriptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create Push Subscription
         * @description Store a browser and what it wants. The same browser again replaces its former subscription.
         */
        post: operations["create_push_subscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/push-subscriptions/{subscription_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Push Subscription
         * @description What is stored for this browser.
         */
        get: operations["get_push_subscription"];
        /**
         * Put Push Subscription
         * @description Replace what this browser wants, or its renewed endpoint.
         */
        put: operations["put_push_subscription"];
        post?: never;
        /**
         * Delete Push Subscription
         * @description Forget this browser.
         */
        delete: operations["delete_push_subscription"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Reports
         * @description What has been reported: category, street, rounded place and status only. Newest first.
         */
        get: operations["list_reports"];
        put?: never;
        /**
         * Submit Report
         * @description Report something with a pin, words and up to six photos. Everything is stored, or nothing.
         */
        post: operations["submit_report"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports.geojson": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Reports Geojson
         * @description The same for the map; open ones unless `status` says otherwise. At most 1,000, newest first.
         */
        get: operations["reports_geojson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports/{report_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Report
         * @description A report as its author sees it, by its follow-up token or the author's session. To others it does not exist.
         */
        get: operations["get_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports/{report_id}/photos/{photo_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Report Photo
         * @description A photo of the author's own report (JPEG).
         */
        get: operations["get_report_photo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in/codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Request Code
         * @description Send a six-digit code to an e-mail address or phone. The answer is the same whether or not the contact is known.
         */
        post: operations["request_code"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign In
         * @description Trade the code for a session cookie. A contact seen for the first time becomes a new resident.
         */
        post: operations["sign_in"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in/sessions/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Sign Out
         * @description End the session; also fine without one.
         */
        delete: operations["sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/town": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Town
         * @description The town's name, boundary, languages, categories and push key: what a client needs at its start.
         */
        get: operations["get_town"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/map/town.pmtiles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Town Map
         * @description The town's vector tiles as one PMTiles archive; answers byte ranges.
         */
        get: operations["town_map"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AddressHit
         * @description A place found by its words.
         */
        AddressHit: {
            /** District */
            district: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "address" | "street" | "place";
            /**
             * Label
             * @description Żółkiewskiego 4
             */
            label: string;
            /** Number */
            number: string;
            place: components["schemas"]["Point"];
            /** Postcode */
            postcode: string;
            /** Street */
            street: string;
        };
        /**
         * AnnouncementCategory
         * @description What residents filter announcements by.
         */
        AnnouncementCategory: {
            /** Code */
            code: string;
            names: components["schemas"]["CategoryNames"];
        };
        /**
         * AnnouncementDetail
         * @description An announcement with its area drawn and its history.
         */
        AnnouncementDetail: {
            /** Area */
            area: components["schemas"]["TownArea"] | components["schemas"]["CircleArea"] | components["schemas"]["PolygonArea"] | components["schemas"]["StreetsArea"];
            /** Category */
            category: string;
            /**
             * Center
             * @description A point inside the area: longitude, latitude
             */
            center: [
                number,
                number
            ] | null;
            /** Drill */
            drill: boolean;
            /**
             * Geometry
             * @description GeoJSON of the newest version's area
             */
            geometry: {
                [key: string]: unknown;
            } | null;
            /**
             * History
             * @description All versions, newest first
             */
            history: components["schemas"]["AnnouncementVersionView"][];
            /** Id */
            id: string;
            /**
             * Issued At
             * Format: date-time
             * @description When the first version was issued
             */
            issued_at: string;
            /**
             * Kind
             * @description What the newest version is
             * @enum {string}
             */
            kind: "issued" | "updated" | "cancelled";
            severity: components["schemas"]["Severity"];
            /**
             * State
             * @enum {string}
             */
            state: "active" | "upcoming" | "past" | "cancelled";
            /** Texts */
            texts: {
                [key: string]: components["schemas"]["Text"];
            };
            /**
             * Updated At
             * Format: date-time
             * @description When the newest version was issued
             */
            updated_at: string;
            /**
             * Valid From
             * Format: date-time
             */
            valid_from: string;
            /**
             * Valid Until
             * Format: date-time
             */
            valid_until: string;
            /** Version */
            version: number;
        };
        /**
         * AnnouncementPage
         * @description Active ones first, then upcoming, then past and cancelled; newest first within each.
         */
        AnnouncementPage: {
            /** Items */
            items: components["schemas"]["AnnouncementSummary"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * AnnouncementSummary
         * @description An announcement in its newest version.
         */
        AnnouncementSummary: {
            /** Area */
            area: components["schemas"]["TownArea"] | components["schemas"]["CircleArea"] | components["schemas"]["PolygonArea"] | components["schemas"]["StreetsArea"];
            /** Category */
            category: string;
            /**
             * Center
             * @description A point inside the area: longitude, latitude
             */
            center: [
                number,
                number
            ] | null;
            /** Drill */
            drill: boolean;
            /** Id */
            id: string;
            /**
             * Issued At
             * Format: date-time
             * @description When the first version was issued
             */
            issued_at: string;
            /**
             * Kind
             * @description What the newest version is
             * @enum {string}
             */
            kind: "issued" | "updated" | "cancelled";
            severity: components["schemas"]["Severity"];
            /**
             * State
             * @enum {string}
             */
            state: "active" | "upcoming" | "past" | "cancelled";
            /** Texts */
            texts: {
                [key: string]: components["schemas"]["Text"];
            };
            /**
             * Updated At
             * Format: date-time
             * @description When the newest version was issued
             */
            updated_at: string;
            /**
             * Valid From
             * Format: date-time
             */
            valid_from: string;
            /**
             * Valid Until
             * Format: date-time
             */
            valid_until: string;
            /** Version */
            version: number;
        };
        /**
         * AnnouncementVersionView
         * @description One version of the history.
         */
        AnnouncementVersionView: {
            /** Area */
            area: components["schemas"]["TownArea"] | components["schemas"]["CircleArea"] | components["schemas"]["PolygonArea"] | components["schemas"]["StreetsArea"];
            /** Category */
            category: string;
            /**
             * Issued At
             * Format: date-time
             */
            issued_at: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "issued" | "updated" | "cancelled";
            severity: components["schemas"]["Severity"];
            /** Texts */
            texts: {
                [key: string]: components["schemas"]["Text"];
            };
            /**
             * Valid From
             * Format: date-time
             */
            valid_from: string;
            /**
             * Valid Until
             * Format: date-time
             */
            valid_until: string;
            /** Version */
            version: number;
        };
        /**
         * CameraRegister
         * @description The public register with who is responsible for it.
         */
        CameraRegister: {
            /**
             * Administrator
             * @description Administrator of the cameras' data and how to reach them
             */
            administrator: string;
            /** Items */
            items: components["schemas"]["PublicCamera"][];
        };
        /**
         * CategoryNames
         * @description A category's name in each language.
         */
        CategoryNames: {
            /** En */
            en: string;
            /** Pl */
            pl: string;
            /** Uk */
            uk: string;
        };
        /**
         * Channel
         * @description A way to reach a resident.
         * @enum {string}
         */
        Channel: "push" | "email" | "sms" | "webhook";
        /**
         * CircleArea
         * @description A circle around a place.
         */
        CircleArea: {
            center: components["schemas"]["Point"];
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "circle";
            /** Radius M */
            radius_m: number;
        };
        /**
         * CodeAnswer
         * @description The code that came.
         */
        CodeAnswer: {
            /** Challenge Id */
            challenge_id: string;
            /** Code */
            code: string;
            /** @description Agree at once that announcements come to this contact */
            consent?: components["schemas"]["ConsentGiven"] | null;
        };
        /**
         * CodeRequest
         * @description Ask for a one-time code.
         */
        CodeRequest: {
            /**
             * Contact
             * @description E-mail address or phone number; Polish numbers without prefix
             */
            contact: string;
            /** @default pl */
            language: components["schemas"]["Language"];
        };
        /**
         * CodeSent
         * @description A code is on its way, whether or not the contact was known.
         */
        CodeSent: {
            /** Challenge Id */
            challenge_id: string;
            /**
             * Channel
             * @enum {string}
             */
            channel: "email" | "sms";
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /** Resend After S */
            resend_after_s: number;
        };
        /**
         * Consent
         * @description The wording to which a resident agrees before the town writes to a contact.
         */
        Consent: {
            /** Legal Basis */
            legal_basis: string;
            /** Texts */
            texts: {
                [key: string]: string;
            };
            /** Version */
            version: string;
        };
        /**
         * ConsentEntry
         * @description One line of the consent ledger.
         */
        ConsentEntry: {
            /**
             * Action
             * @enum {string}
             */
            action: "granted" | "withdrawn";
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Contact Id */
            contact_id: string;
            /** Id */
            id: string;
            language: components["schemas"]["Language"];
            /** Legal Basis */
            legal_basis: string;
            /** Text */
            text: string;
            /** Text Version */
            text_version: string;
            /** Way */
            way: string;
        };
        /**
         * ConsentGiven
         * @description The resident saw the consent text of this version and agreed.
         */
        ConsentGiven: {
            /** @default pl */
            language: components["schemas"]["Language"];
            /**
             * Version
             * @description `consent.version` of GET /town
             */
            version: string;
        };
        /**
         * Contact
         * @description A verified way to reach the resident.
         */
        Contact: {
            /**
             * Address
             * @description For push: the push service's host
             */
            address: string;
            channel: components["schemas"]["Channel"];
            /**
             * Consented
             * @description Announcements may be sent here
             */
            consented: boolean;
            /** Consented At */
            consented_at: string | null;
            /**
             * Failed
             * @description Why nothing is sent here any more
             */
            failed: ("hard_bounce" | "gone" | "opted_out") | null;
            /** Failed At */
            failed_at: string | null;
            /** Id */
            id: string;
            /**
             * Verified At
             * Format: date-time
             */
            verified_at: string;
        };
        /**
         * Export
         * @description Everything citizen-api keeps about a resident (GDPR art. 15 and 20).
         */
        Export: {
            /** Consents */
            consents: components["schemas"]["ConsentEntry"][];
            /**
             * Exported At
             * Format: date-time
             */
            exported_at: string;
            me: components["schemas"]["Me"];
            /** Reports */
            reports: components["schemas"]["ExportedReport"][];
            /** Sessions */
            sessions: components["schemas"]["ExportedSession"][];
        };
        /**
         * ExportedAnswer
         * @description An answer of the town to a report.
         */
        ExportedAnswer: {
            /** Answer */
            answer: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Status */
            status: string;
        };
        /**
         * ExportedReport
         * @description A report as its author gave it.
         */
        ExportedReport: {
            /** Address */
            address: string;
            /** Answers */
            answers: components["schemas"]["ExportedAnswer"][];
            /** Category */
            category: string;
            /** Lat */
            lat: number;
            /** Lon */
            lon: number;
            /** Photos */
            photos: number;
            /** Reference */
            reference: string;
            /** Status */
            status: string;
            /**
             * Submitted At
             * Format: date-time
             */
            submitted_at: string;
            /** Text */
            text: string;
        };
        /**
         * ExportedSession
         * @description A device that is signed in.
         */
        ExportedSession: {
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Device */
            device: string;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /**
             * Last Seen At
             * Format: date-time
             */
            last_seen_at: string;
        };
        /**
         * Feature
         * @description GeoJSON feature (RFC 7946).
         */
        Feature: {
            /** Geometry */
            geometry: {
                [key: string]: unknown;
            } | null;
            /** Id */
            id: string;
            /** Properties */
            properties: {
                [key: string]: unknown;
            };
            /**
             * Type
             * @default Feature
             * @constant
             */
            type: "Feature";
        };
        /**
         * FeatureCollection
         * @description GeoJSON feature collection (RFC 7946).
         */
        FeatureCollection: {
            /** Features */
            features: components["schemas"]["Feature"][];
            /**
             * Type
             * @default FeatureCollection
             * @constant
             */
            type: "FeatureCollection";
        };
        /**
         * Filter
         * @description One wish: these categories, from this severity on, here, on these channels.
         */
        Filter: {
            /**
             * Area
             * @description Null: anywhere in the town
             */
            area?: (components["schemas"]["TownArea"] | components["schemas"]["CircleArea"] | components["schemas"]["PolygonArea"] | components["schemas"]["StreetsArea"]) | null;
            /** Categories */
            categories: string[];
            /** Channels */
            channels: components["schemas"]["Channel"][];
            /**
             * Label
             * @description The resident's own name for it, e.g. Dom
             * @default
             */
            label: string;
            /** @default info */
            min_severity: components["schemas"]["Severity"];
        };
        /**
         * Language
         * @description Languages of the town's texts (BCP 47).
         * @enum {string}
         */
        Language: "pl" | "en" | "uk";
        /**
         * Me
         * @description The signed-in resident.
         */
        Me: {
            /** Contacts */
            contacts: components["schemas"]["Contact"][];
            /**
             * Created At
             * Format: date-time
             */
            created_at: string;
            /** Id */
            id: string;
            subscription: components["schemas"]["Subscription"];
        };
        /**
         * MyReports
         * @description The signed-in resident's reports, newest first.
         */
        MyReports: {
            /** Items */
            items: components["schemas"]["ReporterView"][];
        };
        /**
         * NearestAddress
         * @description What is known about a point.
         */
        NearestAddress: {
            /** @description Nearest address within 250 m */
            address: components["schemas"]["AddressHit"] | null;
            /** Distance M */
            distance_m: number | null;
            /** Inside Town */
            inside_town: boolean;
        };
        /**
         * Photo
         * @description A photo, re-encoded and without metadata.
         */
        Photo: {
            /** Height */
            height: number;
            /** Id */
            id: string;
            /** Size Bytes */
            size_bytes: number;
            /**
             * Url
             * @description Relative to the API's root; append `?size=thumb` (or `&size=thumb`) for the small one
             */
            url: string;
            /** Width */
            width: number;
        };
        /**
         * Point
         * @description A place on Earth, WGS 84 degrees.
         */
        Point: {
            /** Lat */
            lat: number;
            /** Lon */
            lon: number;
        };
        /**
         * PolygonArea
         * @description A simple polygon; first and last point are equal.
         */
        PolygonArea: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "polygon";
            /** Ring */
            ring: components["schemas"]["Point"][];
        };
        /**
         * Problem
         * @description RFC 9457 problem document. `type` is `urn:hejnal:problem:<slug>`; clients choose their words by the slug.
         */
        Problem: {
            /**
             * Detail
             * @description One sentence that says what is wrong and what to do
             */
            detail: string;
            /**
             * Errors
             * @default []
             */
            errors: components["schemas"]["ProblemError"][];
            /** Instance */
            instance: string;
            /** Status */
            status: number;
            /** Title */
            title: string;
            /**
             * Trace Id
             * @default null
             */
            trace_id: string | null;
            /** Type */
            type: string;
        };
        /**
         * ProblemError
         * @description One field that is wrong.
         */
        ProblemError: {
            /**
             * Code
             * @default
             */
            code: string;
            /**
             * Detail
             * @default
             */
            detail: string;
            /**
             * Pointer
             * @description Where, e.g. /body/texts/pl/title
             * @default
             */
            pointer: string;
        };
        /**
         * PublicCamera
         * @description One camera as the public register shows it.
         */
        PublicCamera: {
            /** Address */
            address: string;
            /**
             * Changed At
             * Format: date-time
             */
            changed_at: string;
            /** Id */
            id: string;
            /**
             * Keep Days
             * @description Longest time footage is kept unless it is secured as evidence
             */
            keep_days: number;
            /** Keeps Footage */
            keeps_footage: boolean;
            /** Name */
            name: string;
            place: components["schemas"]["Point"];
            /** Purpose */
            purpose: string;
            view_cone: components["schemas"]["ViewCone"] | null;
        };
        /**
         * PublicReport
         * @description What everyone may know: never the text, the photos, or the exact place.
         */
        PublicReport: {
            /** Category */
            category: string;
            /** Id */
            id: string;
            /** Outcome */
            outcome: ("fixed" | "not_ours" | "duplicate" | "rejected") | null;
            /** @description Rounded to about 100 m */
            place: components["schemas"]["Point"];
            /** Reference */
            reference: string;
            /**
             * Status
             * @enum {string}
             */
            status: "received" | "in_progress" | "planned" | "closed";
            /**
             * Street
             * @description Street without the number
             */
            street: string;
            /**
             * Submitted At
             * Format: date-time
             */
            submitted_at: string;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
        };
        /**
         * PublicReportPage
         * @description Newest first.
         */
        PublicReportPage: {
            /** Items */
            items: components["schemas"]["PublicReport"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * PushKeysInput
         * @description Keys of the browser's PushSubscription, base64url.
         */
        PushKeysInput: {
            /** Auth */
            auth: string;
            /** P256Dh */
            p256dh: string;
        };
        /**
         * PushSubscription
         * @description What is stored for a browser.
         */
        PushSubscription: {
            /** Area */
            area: (components["schemas"]["TownArea"] | components["schemas"]["CircleArea"] | components["schemas"]["PolygonArea"] | components["schemas"]["StreetsArea"]) | null;
            /** Categories */
            categories: string[];
            /** Endpoint Host */
            endpoint_host: string;
            /** Id */
            id: string;
            language: components["schemas"]["Language"];
            min_severity: components["schemas"]["Severity"];
            /** Paused Until */
            paused_until: string | null;
            quiet_hours: components["schemas"]["QuietHours"] | null;
            /** Version */
            version: number;
        };
        /**
         * PushSubscriptionChange
         * @description Web push without an account: the browser and what it wants.
         */
        PushSubscriptionChange: {
            /**
             * Area
             * @description Null: anywhere in the town
             */
            area?: (components["schemas"]["TownArea"] | components["schemas"]["CircleArea"] | components["schemas"]["PolygonArea"] | components["schemas"]["StreetsArea"]) | null;
            /** Categories */
            categories: string[];
            /** Endpoint */
            endpoint: string;
            keys: components["schemas"]["PushKeysInput"];
            /** @default pl */
            language: components["schemas"]["Language"];
            /** @default info */
            min_severity: components["schemas"]["Severity"];
            /** Paused Until */
            paused_until?: string | null;
            quiet_hours?: components["schemas"]["QuietHours"] | null;
        };
        /**
         * PushSubscriptionCreated
         * @description The same, with the secret that later changes need.
         */
        PushSubscriptionCreated: {
            /** Area */
            area: (components["schemas"]["TownArea"] | components["schemas"]["CircleArea"] | components["schemas"]["PolygonArea"] | components["schemas"]["StreetsArea"]) | null;
            /** Categories */
            categories: string[];
            /** Endpoint Host */
            endpoint_host: string;
            /** Id */
            id: string;
            language: components["schemas"]["Language"];
            min_severity: components["schemas"]["Severity"];
            /** Paused Until */
            paused_until: string | null;
            quiet_hours: components["schemas"]["QuietHours"] | null;
            /**
             * Token
             * @description Send as `Authorization: Bearer …`; shown only here
             */
            token: string;
            /** Version */
            version: number;
        };
        /**
         * PushTarget
         * @description A browser's PushSubscription.
         */
        PushTarget: {
            /** Endpoint */
            endpoint: string;
            keys: components["schemas"]["PushKeysInput"];
        };
        /**
         * QuietHours
         * @description Local time (Europe/Warsaw) in which only emergencies may disturb.
         */
        QuietHours: {
            /**
             * Ends
             * Format: time
             */
            ends: string;
            /**
             * Starts
             * Format: time
             */
            starts: string;
        };
        /**
         * ReportAccepted
         * @description The stored report, and the secret with which an anonymous reporter follows it.
         */
        ReportAccepted: {
            /** Address */
            address: string;
            /** Category */
            category: string;
            /**
             * Events
             * @description Oldest first
             */
            events: components["schemas"]["ReportEvent"][];
            /**
             * Follow Token
             * @description For GET /reports/{id}?token=…; null only when an old key made it
             */
            follow_token: string | null;
            /** Id */
            id: string;
            /** Outcome */
            outcome: ("fixed" | "not_ours" | "duplicate" | "rejected") | null;
            /** Photos */
            photos: components["schemas"]["Photo"][];
            place: components["schemas"]["Point"];
            /** Reference */
            reference: string;
            /**
             * Status
             * @enum {string}
             */
            status: "received" | "in_progress" | "planned" | "closed";
            /**
             * Submitted At
             * Format: date-time
             */
            submitted_at: string;
            /** Text */
            text: string;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /** Version */
            version: number;
        };
        /**
         * ReportCategory
         * @description What a report is about.
         */
        ReportCategory: {
            /**
             * Anonymous Allowed
             * @description False: the reporter signs in or leaves a contact
             */
            anonymous_allowed: boolean;
            /** Code */
            code: string;
            names: components["schemas"]["CategoryNames"];
            /**
             * Unit
             * @description The unit of the town that gets the report
             */
            unit: string;
            /**
             * Urgent
             * @description True: reaches the watch room at once
             */
            urgent: boolean;
        };
        /**
         * ReporterView
         * @description A report as its author sees it.
         */
        ReporterView: {
            /** Address */
            address: string;
            /** Category */
            category: string;
            /**
             * Events
             * @description Oldest first
             */
            events: components["schemas"]["ReportEvent"][];
            /** Id */
            id: string;
            /** Outcome */
            outcome: ("fixed" | "not_ours" | "duplicate" | "rejected") | null;
            /** Photos */
            photos: components["schemas"]["Photo"][];
            place: components["schemas"]["Point"];
            /** Reference */
            reference: string;
            /**
             * Status
             * @enum {string}
             */
            status: "received" | "in_progress" | "planned" | "closed";
            /**
             * Submitted At
             * Format: date-time
             */
            submitted_at: string;
            /** Text */
            text: string;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
            /** Version */
            version: number;
        };
        /**
         * ReportEvent
         * @description One step of a report's life, with the town's words.
         */
        ReportEvent: {
            /** Answer */
            answer: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Outcome */
            outcome: ("fixed" | "not_ours" | "duplicate" | "rejected") | null;
            /**
             * Status
             * @enum {string}
             */
            status: "received" | "in_progress" | "planned" | "closed";
        };
        /**
         * Severity
         * @description How much an announcement or alert matters, lowest first.
         * @enum {string}
         */
        Severity: "info" | "notice" | "warning" | "emergency";
        /**
         * StreetsArea
         * @description Streets by name.
         */
        StreetsArea: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "streets";
            /** Streets */
            streets: string[];
        };
        /**
         * Subscription
         * @description What the resident wants to be told.
         */
        Subscription: {
            /** Filters */
            filters: components["schemas"]["Filter"][];
            language: components["schemas"]["Language"];
            /** Paused Until */
            paused_until: string | null;
            quiet_hours: components["schemas"]["QuietHours"] | null;
            /** Version */
            version: number;
        };
        /**
         * SubscriptionChange
         * @description The whole wished state.
         */
        SubscriptionChange: {
            /**
             * Expected Version
             * @description The version that was looked at; 409 when it changed meanwhile
             */
            expected_version?: number | null;
            /**
             * Filters
             * @default []
             */
            filters: components["schemas"]["Filter"][];
            /** @default pl */
            language: components["schemas"]["Language"];
            /** Paused Until */
            paused_until?: string | null;
            quiet_hours?: components["schemas"]["QuietHours"] | null;
        };
        /**
         * Text
         * @description One language's wording of an announcement. Plain text, no HTML.
         */
        Text: {
            /** Body */
            body: string;
            /**
             * Instruction
             * @default
             */
            instruction: string;
            /**
             * Sms
             * @description Wording for SMS; title and body are used where empty
             * @default
             */
            sms: string;
            /** Title */
            title: string;
        };
        /**
         * Town
         * @description Everything a client needs at its start.
         */
        Town: {
            /** Announcement Categories */
            announcement_categories: components["schemas"]["AnnouncementCategory"][];
            /**
             * Boundary
             * @description GeoJSON Polygon or MultiPolygon
             */
            boundary: {
                [key: string]: unknown;
            };
            /**
             * Bounds
             * @description West, south, east, north in degrees
             */
            bounds: [
                number,
                number,
                number,
                number
            ];
            center: components["schemas"]["Point"];
            consent: components["schemas"]["Consent"];
            /** Languages */
            languages: components["schemas"]["Language"][];
            /**
             * Map Url
             * @description PMTiles archive with the town's vector tiles; null: no map was installed
             */
            map_url: string | null;
            /** Name */
            name: string;
            /** Report Categories */
            report_categories: components["schemas"]["ReportCategory"][];
            /**
             * Teryt
             * @description Code of the municipality in the state's register
             */
            teryt: string;
            /**
             * Vapid Public Key
             * @description applicationServerKey for Web Push, base64url; null: push is off
             */
            vapid_public_key: string | null;
        };
        /**
         * TownArea
         * @description The whole town.
         */
        TownArea: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "town";
        };
        /**
         * ViewCone
         * @description What a camera sees on the map.
         */
        ViewCone: {
            /** Angle Deg */
            angle_deg: number;
            /**
             * Azimuth Deg
             * @description Direction of view, clockwise from north
             */
            azimuth_deg: number;
            /** Range M */
            range_m: number;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    search_addresses: {
        parameters: {
            query: {
                limit?: number;
                /** @description zolkiewskiego 4 finds Żółkiewskiego 4 */
                q: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AddressHit"][];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    nearest_address: {
        parameters: {
            query: {
                lat: number;
                lon: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NearestAddress"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_announcements: {
        parameters: {
            query?: {
                /** @description Only these categories; may be repeated */
                category?: string[] | null;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
                /** @description Most items of the page */
                limit?: number;
                /** @description lat,lon: only those whose area is near */
                near?: string | null;
                /** @description Metres around `near` */
                radius_m?: number;
                /** @description Only those issued or changed after this instant */
                since?: string | null;
                /** @description Only these states; may be repeated */
                state?: ("active" | "upcoming" | "past" | "cancelled")[] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnnouncementPage"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    announcements_geojson: {
        parameters: {
            query?: {
                /** @description Only these categories; may be repeated */
                category?: string[] | null;
                /** @description lat,lon: only those whose area is near */
                near?: string | null;
                /** @description Metres around `near` */
                radius_m?: number;
                /** @description Only these states; may be repeated */
                state?: ("active" | "upcoming" | "past" | "cancelled")[] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeatureCollection"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_announcement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                announcement_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnnouncementDetail"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_cameras: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CameraRegister"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    erase_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    add_contact: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeAnswer"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_contact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                contact_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    give_consent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                contact_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConsentGiven"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    withdraw_consent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                contact_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    request_contact_code: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeSent"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    add_push_contact: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PushTarget"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    my_reports: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MyReports"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_subscription: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_subscription: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SubscriptionChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_push_subscription: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PushSubscriptionChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PushSubscriptionCreated"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_push_subscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subscription_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PushSubscription"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_push_subscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subscription_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PushSubscriptionChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PushSubscription"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_push_subscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                subscription_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_reports: {
        parameters: {
            query?: {
                category?: string[] | null;
                /** @description `next_cursor` of the page before */
                cursor?: string | null;
                /** @description Most items of the page */
                limit?: number;
                /** @description lat,lon */
                near?: string | null;
                radius_m?: number;
                /** @description Only those submitted after this instant */
                since?: string | null;
                status?: ("received" | "in_progress" | "planned" | "closed")[] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicReportPage"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    submit_report: {
        parameters: {
            query?: never;
            header?: {
                /** @description A fresh random key per attempt of the user; a repeat with the same key and body gets the first answer */
                "Idempotency-Key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** @description Code of a report category of GET /town */
                    category: string;
                    /** @description E-mail or phone for questions; optional */
                    contact?: string;
                    lat: number;
                    lon: number;
                    /** @description JPEG, PNG, WebP or HEIC; 15 MB each, 40 MB together. Metadata is removed. */
                    photos?: string[];
                    /** @description Plain text */
                    text: string;
                };
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportAccepted"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reports_geojson: {
        parameters: {
            query?: {
                category?: string[] | null;
                status?: ("received" | "in_progress" | "planned" | "closed")[] | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FeatureCollection"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_report: {
        parameters: {
            query?: {
                /** @description The report's follow-up token; not needed by its signed-in author */
                token?: string | null;
            };
            header?: never;
            path: {
                report_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReporterView"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_report_photo: {
        parameters: {
            query?: {
                size?: "full" | "thumb";
                /** @description The report's follow-up token; not needed by its signed-in author */
                token?: string | null;
            };
            header?: never;
            path: {
                photo_id: string;
                report_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    request_code: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeRequest"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeSent"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeAnswer"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Problem */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_town: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Town"];
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    town_map: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.pmtiles": string;
                };
            };
            /** @description Problem */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Problem */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
